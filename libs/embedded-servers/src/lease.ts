import { openDataFolder } from './data-folder.js';
import { EmbeddedError } from './embedded-error.js';
import { checkPathLength } from './keeper-address.js';
import { KeeperLease } from './keeper-lease.js';
import type { NatsUser } from './nats/user.js';
import type { Need } from './wire.js';

/**
 * A process's share in the embedded servers; they stop when the last share is released.
 *
 * @example
 * ```ts
 * async function withPostgres(lease: EmbeddedLease, work: (url: string) => Promise<void>) {
 *   await work(await lease.need('postgres'));
 *   await lease.release();
 * }
 * ```
 */
export interface EmbeddedLease {
  /**
   * Starts the server if nobody has yet; resolves with its URL, credentials included: of who may do all there, or with
   * `nats/<name>` of one of `natsUsers`.
   * Throws EmbeddedError with one sentence.
   */
  need(what: Need): Promise<string>;
  /** Gives the share back; if it was the last, resolves when the servers and their keeper have ended. */
  release(): Promise<void>;
}

/**
 * Joins the processes that share the embedded servers of a data folder. A process that dies without a release
 * leaves as well: the kernel closes its connection to the keeper.
 *
 * @param options.dataDir where data, secrets and logs are kept, made if missing; one set of servers for each
 * @param options.natsUsers who may do what in NATS, of all processes that share it
 * @param options.onProgress told what takes long, and what the operator should know
 * @throws EmbeddedError when the data folder or the keeper cannot be used
 *
 * @example
 * ```ts
 * const lease = await acquireEmbedded({ dataDir: '.data', onProgress: (line) => console.log(line) });
 * const client = new pg.Client(`${await lease.need('postgres')}/postgres`);
 * ```
 */
export async function acquireEmbedded(options: {
  dataDir: string;
  natsUsers?: readonly NatsUser[];
  onProgress?: (line: string) => void;
}): Promise<EmbeddedLease> {
  if (process.platform === 'win32') {
    throw new EmbeddedError('the embedded servers do not run on Windows: use WSL');
  }
  const folder = await openDataFolder(options.dataDir);
  checkPathLength(folder);
  const lease = new KeeperLease(folder, options.onProgress ?? (() => undefined), options.natsUsers ?? []);
  await lease.connect();
  return lease;
}
