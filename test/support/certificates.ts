import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A key and its certificate, in PEM. */
export interface Pair {
  cert: string;
  key: string;
}

/** A CA of one test's own, in a folder that goes with it. */
export interface Authority {
  readonly folder: string;
  /** Its certificate, and the file that holds it. */
  readonly cert: string;
  readonly file: string;
  /** Signs a certificate that is called `name`, for these hosts. */
  issue(name: string, hosts?: string): Promise<Pair>;
  drop(): Promise<void>;
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes one, as OpenSSL does. */
export async function makeAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'authority-'));
  const at = (file: string) => join(folder, file);
  const openssl = (...words: string[]) => run('openssl', words, { cwd: folder });
  await openssl('req', '-x509', ...curve, '-subj', '/CN=a CA', '-keyout', 'ca.key', '-out', 'ca.crt');
  let issued = 0;
  return {
    folder,
    cert: await readFile(at('ca.crt'), 'utf8'),
    file: at('ca.crt'),
    issue: async (name, hosts = 'DNS:localhost,IP:127.0.0.1') => {
      const file = `leaf-${(issued += 1)}`;
      await writeFile(at(`${file}.ext`), `subjectAltName=${hosts}`);
      await openssl('req', ...curve, '-subj', `/CN=${name}`, '-keyout', `${file}.key`, '-out', `${file}.csr`);
      await openssl(
        ...['x509', '-req', '-in', `${file}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', '2', '-extfile', `${file}.ext`, '-out', `${file}.crt`],
      );
      return {
        cert: await readFile(at(`${file}.crt`), 'utf8'),
        key: await readFile(at(`${file}.key`), 'utf8'),
      };
    },
    drop: () => rm(folder, { recursive: true }),
  };
}
