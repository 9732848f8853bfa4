import {
  choiceSetting,
  fileSetting,
  SettingsError,
  textSetting,
  urlSetting,
  type Environment,
} from './settings.js';

/** How a mail server is reached, in the words of nodemailer. */
export interface MailServerSettings {
  host: string;
  port: number;
  /** TLS from the first byte; else with STARTTLS, which has to be there where `requireTLS`. */
  secure: boolean;
  requireTLS: boolean;
  auth?: { user: string; pass: string };
  /** Left out: those that Node brings. */
  tls?: { ca: string };
  /** Who writes. */
  from: string;
}

/**
 * `MAIL_URL`, `MAIL_FROM` and `MAIL_TLS_CA` (path of a PEM file); `undefined`: mails go nowhere. Nothing is said without TLS to another
 * machine, unless `MAIL_ALLOW_PLAINTEXT` is `yes`. @throws {SettingsError}, which does not show the URL: it may hold a password
 */
export function mailSetting(env: Environment): MailServerSettings | undefined {
  const text = urlSetting(env, 'MAIL_URL', ['smtp', 'smtps']);
  const from = textSetting(env, 'MAIL_FROM');
  const ca = fileSetting(env, 'MAIL_TLS_CA');
  const plain = choiceSetting(env, 'MAIL_ALLOW_PLAINTEXT', ['yes', 'no'], 'no') === 'yes';
  if (text === undefined) return undefined;
  const { protocol, hostname, port, username, password, pathname, search } = new URL(text);
  if (hostname === '' || pathname.length > 1 || search !== '')
    throw new SettingsError('MAIL_URL: smtp://user:password@host:port is expected, with nothing behind it');
  if (from === undefined || !/^[^@\s]+@[^@\s<>]+$|^[^<>\r\n]+ <[^@\s<>]+@[^@\s<>]+>$/.test(from))
    throw new SettingsError('MAIL_FROM: who writes is required with MAIL_URL, as shop@example.com');
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !plain && !isHere(hostname),
    ...(username !== '' && {
      auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }),
    ...(ca !== undefined && { tls: { ca } }),
    from,
  };
}

const isHere = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
