import { Failure } from 'nestjs-strangler/cli';
import { execFile } from 'node:child_process';
import { isIP } from 'node:net';
import { promisify } from 'node:util';

const days = 365;

/**
 * Makes a key and a certificate for a server of this name, as OpenSSL does; clients trust the certificate itself.
 * @throws {Failure} where there is no openssl, or it refuses.
 */
export async function makeCertificate(host: string, to: { key: string; certificate: string }): Promise<void> {
  const names = new Set([host, 'localhost', '127.0.0.1']);
  const also = [...names].map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  words.push('-days', String(days), '-subj', `/CN=${host}`, '-addext', `subjectAltName=${also}`);
  words.push('-keyout', to.key, '-out', to.certificate);
  try {
    await promisify(execFile)('openssl', words);
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT')
      throw new Failure('the certificate is made by openssl, which is not installed: install it');
    throw new Failure(`openssl made no certificate: ${stderr?.trim().split('\n').at(-1) ?? String(error)}`);
  }
}
