import {
  acquireEmbedded,
  natsRuns,
  type EmbeddedLease,
  type NatsUser,
} from 'nestjs-strangler-embedded-servers';
import { plainUrl } from './database/plain-url.js';

/** The embedded servers, joined when the first of them is needed: with outside servers in the settings, never. */
export class EmbeddedServers {
  private lease: Promise<EmbeddedLease> | undefined;

  constructor(
    private readonly dataDir: string,
    private readonly onProgress: (line: string) => void,
    private readonly natsUsers: readonly NatsUser[] = [],
  ) {}

  /** URL of a database of this name on the embedded PostgreSQL, for a plain role that owns it and nothing else. */
  async database(name: string): Promise<string> {
    return plainUrl(await (await this.join()).need('postgres'), name);
  }

  /** URL of the embedded NATS for one of the users; without a name for who may do all there. */
  async nats(user?: string): Promise<string> {
    return (await this.join()).need(user === undefined ? 'nats' : `nats/${user}`);
  }

  /** Whether the embedded NATS runs already, so that to ask there starts nothing. */
  natsRuns(): Promise<boolean> {
    return natsRuns(this.dataDir);
  }

  private join(): Promise<EmbeddedLease> {
    const { dataDir, onProgress, natsUsers } = this;
    this.lease ??= acquireEmbedded({ dataDir, onProgress, natsUsers }).catch((error: unknown) => {
      this.lease = undefined;
      throw error;
    });
    return this.lease;
  }

  /** Gives the share in the servers back, if there is one. */
  async release(): Promise<void> {
    const lease = await this.lease?.catch(() => undefined);
    await lease?.release();
  }
}
