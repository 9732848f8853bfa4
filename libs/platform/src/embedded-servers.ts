import { acquireEmbedded, type EmbeddedLease } from './embedded/index.js';

/** The embedded servers, joined when the first of them is needed: with outside servers in the settings, never. */
export class EmbeddedServers {
  private lease: Promise<EmbeddedLease> | undefined;

  constructor(
    private readonly dataDir: string,
    private readonly onProgress: (line: string) => void,
  ) {}

  /** URL of a database of this name on the embedded PostgreSQL, for a plain role that owns it and nothing else. */
  async database(name: string): Promise<string> {
    return (await this.join()).need(`postgres/${name}`);
  }

  async nats(): Promise<string> {
    return (await this.join()).need('nats');
  }

  private join(): Promise<EmbeddedLease> {
    this.lease ??= acquireEmbedded({ dataDir: this.dataDir, onProgress: this.onProgress }).catch(
      (error: unknown) => {
        this.lease = undefined;
        throw error;
      },
    );
    return this.lease;
  }

  /** Gives the share in the servers back, if there is one. */
  async release(): Promise<void> {
    const lease = await this.lease?.catch(() => undefined);
    await lease?.release();
  }
}
