import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import { Logger } from '@nestjs/common';
import type { ReadGauges } from '../metrics/gauges.js';

/** Paths of PEM files. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

interface Pair {
  cert: string;
  key: string;
  /** When it ends. */
  notAfter: Date;
}

/** How often the files are read again, in ms: a watch hears nothing on some file systems, and nothing of a folder that was exchanged. */
const lookMs = 10_000;
/** Who replaces two files is given so long, in ms, from the last thing that was heard. */
const settleMs = 100;

/**
 * The certificate of a listener, and its files, which may be replaced while it listens. Connections that are open go on; new ones get what is
 * in the files, as soon as certificate and key belong together. Until then they get what was there before.
 *
 * @example
 * const certificate = new Certificate({ cert: 'tls.crt', key: 'tls.key' });
 * const server = https.createServer(certificate.options, handle);
 * certificate.follow(server);
 */
export class Certificate {
  private readonly logger = new Logger('TLS');
  private pair: Pair;
  /** What is wrong with the files now. */
  private problem: string | undefined;

  /** @throws when the files cannot be read, are no PEM, or do not belong together */
  constructor(private readonly files: CertificateFiles) {
    this.pair = read(files);
  }

  /** For a server that begins. */
  get options(): SecureContextOptions {
    return optionsOf(this.pair);
  }

  /** Gives the server what the files hold from now on, until it closes. */
  follow(server: Server): void {
    const look = () => this.look(server);
    const timer = setInterval(look, lookMs).unref();
    let soon: NodeJS.Timeout | undefined;
    const watchers = watched(this.files, () => {
      clearTimeout(soon);
      soon = setTimeout(look, settleMs).unref();
    });
    server.once('close', () => {
      clearInterval(timer);
      clearTimeout(soon);
      for (const watcher of watchers) watcher.close();
    });
    this.tell('a certificate');
  }

  get gauges(): ReadGauges {
    return {
      gauges: {
        tls_certificate_not_after_seconds: {
          help: 'When the certificate in use ends, in seconds since 1970',
          labels: [],
        },
        tls_certificate_broken: {
          help: '1: the files cannot be used as they are, so the certificate of before is in use',
          labels: [],
        },
      },
      read: async () => ({
        tls_certificate_not_after_seconds: [{ value: this.pair.notAfter.getTime() / 1_000 }],
        tls_certificate_broken: [{ value: this.problem === undefined ? 0 : 1 }],
      }),
    };
  }

  private look(server: Server): void {
    try {
      const pair = read(this.files);
      this.problem = undefined;
      if (pair.cert === this.pair.cert && pair.key === this.pair.key) return;
      server.setSecureContext(optionsOf(pair));
      this.pair = pair;
      this.tell('another certificate');
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.problem)
        this.logger.error({
          msg: 'TLS_CERT and TLS_KEY cannot be used as they are: the certificate of before stays in use',
          reason: message,
        });
      this.problem = message;
    }
  }

  private tell(msg: string): void {
    this.logger.log({ msg, file: this.files.cert, notAfter: this.pair.notAfter.toISOString() });
  }
}

function read(files: CertificateFiles): Pair {
  const [cert, key] = [readFileSync(files.cert, 'utf8'), readFileSync(files.key, 'utf8')];
  const certificate = parsed(() => new X509Certificate(cert), `${files.cert} holds no certificate in PEM`);
  const ownKey = parsed(
    () => createPrivateKey(key),
    `${files.key} holds no private key in PEM, without a password`,
  );
  if (!certificate.checkPrivateKey(ownKey)) throw new Error('the key is not that of the certificate');
  // Throws where one of them is too weak for OpenSSL.
  createSecureContext({ cert, key });
  return { cert, key, notAfter: new Date(certificate.validTo) };
}

function parsed<T>(parse: () => T, problem: string): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(problem, { cause: error });
  }
}

const optionsOf = ({ cert, key }: Pair): SecureContextOptions => ({ cert, key, minVersion: 'TLSv1.2' });

/** Their folders: a file that is put in the place of another one is a change there. What cannot be watched is looked at now and then. */
function watched({ cert, key }: CertificateFiles, onChange: () => void): FSWatcher[] {
  return [...new Set([dirname(cert), dirname(key)])].flatMap((folder) => {
    try {
      return [watch(folder, { persistent: false }, onChange).on('error', () => undefined)];
    } catch {
      return [];
    }
  });
}
