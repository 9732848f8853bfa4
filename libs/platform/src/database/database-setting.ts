import { isReadable, SettingsError, textSetting, urlSetting, type Environment } from '../settings.js';

const caSetting = 'DATABASE_TLS_CA';

/** Modes in which the server proves who it is. */
const proving = ['prefer', 'require', 'verify-ca', 'verify-full'];
/** Modes in which it does not, and could be anybody. */
const trusting = ['disable', 'no-verify'];

/**
 * The URL of a PostgreSQL, with all that its `sslmode` means here written out. Of modes with a check there is one, `verify-full`: the
 * certificate is signed by a CA that is known, and is for the name in the URL. pg 8 takes `prefer`, `require` and `verify-ca` for it too, and
 * warns that pg 9 will not; here they go on meaning it. Who wants what libpq does says so: `uselibpqcompat=true`. `DATABASE_TLS_CA`, the path of
 * a PEM file, is the CA of all databases of the process; `sslrootcert` in a URL goes before it.
 *
 * @example databaseSetting({ DATABASE_URL: 'postgres://a:b@db/shop', DATABASE_TLS_CA: '/ca.pem' }, 'DATABASE_URL')
 *   // 'postgres://a:b@db/shop?sslrootcert=%2Fca.pem&sslmode=verify-full'
 * @throws {SettingsError} also for a mode that there is not, and a file that cannot be read
 */
export function databaseSetting(env: Environment, name: string): string | undefined {
  const text = urlSetting(env, name, ['postgres', 'postgresql']);
  if (text === undefined) return undefined;
  const url = new URL(text);
  const { searchParams } = url;
  const mode = searchParams.get('sslmode') ?? undefined;
  if (mode !== undefined && ![...proving, ...trusting].includes(mode))
    throw new SettingsError(`${name}: sslmode=${mode}: one of disable, no-verify, verify-full is expected`);
  const ca = textSetting(env, caSetting);
  if (ca !== undefined) {
    if (mode !== undefined && trusting.includes(mode))
      throw new SettingsError(
        `${name}: sslmode=${mode} does not look at a certificate, and ${caSetting} is set: leave one of them out`,
      );
    if (!searchParams.has('sslrootcert')) searchParams.set('sslrootcert', ca);
  }
  for (const file of ['sslrootcert', 'sslcert', 'sslkey']) assertReadable(name, file, searchParams.get(file));
  if (searchParams.get('uselibpqcompat') === 'true') return url.href;
  const checked = mode === undefined ? searchParams.has('sslrootcert') : proving.includes(mode);
  if (checked) searchParams.set('sslmode', 'verify-full');
  return checked ? url.href : text;
}

function assertReadable(name: string, parameter: string, path: string | null): void {
  if (path === null || isReadable(path)) return;
  throw new SettingsError(
    `${parameter === 'sslrootcert' ? `${caSetting}, or ` : ''}${parameter} of ${name}: ${path} cannot be read`,
  );
}

/** Of OpenSSL: nobody whom we know vouches for the certificate. */
const unknownIssuer = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
];

/** What to do about a connection that failed for its TLS, as the end of a sentence; empty for any other reason. */
export function tlsAdvice({ code = '', message }: NodeJS.ErrnoException): string {
  if (unknownIssuer.includes(code))
    return `; no CA that is known here has signed its certificate: set ${caSetting} to the file of its CA`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return '; its certificate is for another name than the one in the URL';
  if (message.includes('does not support SSL'))
    return '; the server has TLS switched off: ssl = on in postgresql.conf';
  if (message.includes('no encryption') || message.includes('SSL off'))
    return `; the server wants TLS: set ${caSetting}, or sslmode=verify-full in the URL`;
  return '';
}
