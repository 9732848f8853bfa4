import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError, ServerEnded, reasonOf } from './embedded-error.js';

/** A server that runs now: our child, or one adopted from a keeper that was killed. */
export interface RunningServer {
  /** Where clients reach it, credentials included. */
  url: string;
  port: number;
  /** Resolves when its process has ended, for whatever reason. */
  gone: Promise<unknown>;
  stop(): Promise<void>;
}

/** What the supervisor tells a server that is to start. */
export interface StartOrder {
  /** The port that clients know already, if any. */
  port: number | undefined;
  tell: (line: string) => void;
  /** Aborted when nobody wants the server any more. */
  signal: AbortSignal;
}

/** How one kind of server is started, and found again. */
export interface ServerKind {
  readonly label: string;
  /** The server that a killed keeper left behind, once it answers; nothing if there is none. */
  adopt(signal: AbortSignal): Promise<RunningServer | undefined>;
  start(order: StartOrder): Promise<RunningServer>;
}

const MAX_ATTEMPTS = 4;
const BACKOFF_MS = { least: 100, most: 5_000 };
const STEADY_MS = 10_000;

/** Keeps one server up from the first need until stop(). */
export class SupervisedServer {
  private current: Promise<RunningServer> | undefined;
  private backoffMs = BACKOFF_MS.least;
  private readonly stopping = new AbortController();

  /** `checkOwner` throws when the data folder is no longer ours: its servers then belong to another keeper. */
  constructor(
    private readonly kind: ServerKind,
    private readonly tell: (line: string) => void,
    private readonly checkOwner: () => void,
  ) {}

  /** Starts the server at the first call; all callers share the one start, and a failed one is not remembered. */
  async need(port?: number): Promise<string> {
    this.current ??= this.begin(port);
    return (await this.current).url;
  }

  /** Stops the server, also one that is still starting or that an earlier keeper left behind. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const started = await this.current?.catch(() => undefined);
    const running = started ?? (await this.adopt(new AbortController().signal));
    await running?.stop();
  }

  private async begin(port: number | undefined): Promise<RunningServer> {
    try {
      const running = await this.attempt(port);
      const since = performance.now();
      void running.gone.then(() => this.revive(running, performance.now() - since));
      return running;
    } catch (error) {
      this.current = undefined;
      throw error;
    }
  }

  /**
   * Adopts before each start: a server that a dying keeper had just begun may show itself only now, and then
   * ours ends because the other holds the lock. A port taken by another program is cured by choosing again.
   */
  private async attempt(port: number | undefined): Promise<RunningServer> {
    const { signal } = this.stopping;
    for (let attempt = 1; ; attempt++) {
      try {
        const adopted = await this.adopt(signal);
        return adopted ?? (await this.kind.start({ port, tell: this.tell, signal }));
      } catch (error) {
        if (signal.aborted) throw new EmbeddedError(`${this.kind.label} is being stopped`);
        if (!(error instanceof ServerEnded) || attempt === MAX_ATTEMPTS) throw error;
        await sleep(attempt * BACKOFF_MS.least);
      }
    }
  }

  private adopt(signal: AbortSignal): Promise<RunningServer | undefined> {
    this.checkOwner();
    return this.kind.adopt(signal);
  }

  private async revive(dead: RunningServer, livedMs: number): Promise<void> {
    this.current = undefined;
    this.backoffMs = livedMs > STEADY_MS ? BACKOFF_MS.least : Math.min(2 * this.backoffMs, BACKOFF_MS.most);
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.tell(`${this.kind.label} has ended unexpectedly; starting it again`);
      await sleep(this.backoffMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.need(dead.port);
        return;
      } catch (error) {
        this.tell(reasonOf(error));
        this.backoffMs = Math.min(2 * this.backoffMs, BACKOFF_MS.most);
      }
    }
  }
}
