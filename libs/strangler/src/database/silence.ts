import pg from 'pg';

/** A connection that owes an answer and has sent nothing for so long is asked after, in ms. */
const quietMs = 2_000;
/** The server has so long to say whether it works on it, in ms. */
const answerMs = 2_000;
/** What it sent just before it was asked may still be under way, in ms. */
const graceMs = 250;

/** A server that says so is there, and cannot be asked: it has no connection left. */
const isFull = (error: unknown): boolean => String((error as { code?: unknown }).code).startsWith('53');

/** What a pool takes for its connections. */
export type ClientClass = new (config?: pg.ClientConfig) => pg.Client;

/** Whether a session works on a statement just now. */
export type AskAfter = (pid: number) => Promise<boolean>;

/**
 * Asks a server over a new connection, straight to it: a pooler shows other process ids. False also when nobody answers: then what waits
 * for an answer there waits in vain.
 */
export const askAt =
  (config: pg.ClientConfig): AskAfter =>
  async (pid) => {
    const client = new pg.Client({ ...config, connectionTimeoutMillis: answerMs, query_timeout: answerMs });
    client.on('error', () => undefined);
    const late = new Promise<false>((resolve) => setTimeout(resolve, answerMs, false).unref());
    try {
      return await Promise.race([isAtWork(client, pid), late]);
    } catch (error) {
      return isFull(error);
    } finally {
      void client.end().catch(() => undefined);
    }
  };

async function isAtWork(client: pg.Client, pid: number): Promise<boolean> {
  await client.connect();
  const { rows } = await client.query<{ works: boolean }>(
    // A server that does not keep track says `disabled` of every session.
    `select exists (select from pg_stat_activity where pid = $1 and state in ('active', 'disabled')) as works`,
    [pid],
  );
  return rows[0]?.works === true;
}

/**
 * Connections that notice a server, or a network, that has fallen silent: a statement that the server works on may take as long as it
 * takes, and one that it knows nothing of fails within 5 s, with its connection. Without it whoever waits there waits until
 * the kernel gives up, after 15 minutes or never. Those that owe nothing then end with it: they went the same way, and each would
 * have to be found out by whoever needs it next.
 */
export const asksAfter = (base: ClientClass, ask: AskAfter): ClientClass => {
  const open = new Set<Watched>();
  class Watched extends base {
    private owed = 0;
    private heardAt = 0;
    private timer: NodeJS.Timeout | undefined;

    constructor(config?: pg.ClientConfig) {
      super(config);
      this.once('connect', () => {
        open.add(this);
        socketOf(this).on('data', () => this.heard());
      });
      this.once('end', () => {
        open.delete(this);
        clearTimeout(this.timer);
      });
      const query = this.query.bind(this) as (...args: unknown[]) => unknown;
      this.query = ((...args: unknown[]) => this.owe(args, query)) as typeof this.query;
    }

    private owe(args: unknown[], query: (...args: unknown[]) => unknown): unknown {
      const last = args.at(-1);
      if (typeof last !== 'function') {
        const answer = query(...args);
        // What is no promise is a stream, which is read as slowly as its reader likes.
        return answer instanceof Promise ? answer.finally(this.owing()) : answer;
      }
      const paid = this.owing();
      return query(...args.slice(0, -1), (...answer: unknown[]) => {
        paid();
        (last as (...answer: unknown[]) => void)(...answer);
      });
    }

    private owing(): () => void {
      if (this.owed++ === 0) this.heard();
      this.timer ??= this.lookIn(quietMs);
      return () => {
        this.owed--;
      };
    }

    private heard(): void {
      this.heardAt = performance.now();
    }

    private lookIn(ms: number): NodeJS.Timeout {
      return setTimeout(() => void this.look(), ms).unref();
    }

    private async look(): Promise<void> {
      this.timer = undefined;
      if (this.owed === 0) return;
      const leftMs = quietMs - (performance.now() - this.heardAt);
      if (leftMs > 0) this.timer = this.lookIn(leftMs);
      else if (await this.isAlive()) this.timer ??= this.lookIn(quietMs);
      else for (const each of open) if (each === this || each.isIdle) each.close();
    }

    /** It owes nothing, and nobody is in the middle of a transaction, who would be told of a loss that may be none of his. */
    private get isIdle(): boolean {
      return this.owed === 0 && this.getTransactionStatus() === 'I';
    }

    private close(): void {
      socketOf(this).destroy(new Error('the database has fallen silent'));
    }

    private async isAlive(): Promise<boolean> {
      const { heardAt } = this;
      const spoke = () => this.heardAt !== heardAt || this.owed === 0;
      if (await ask((this as unknown as { processID: number }).processID)) return true;
      if (!spoke()) await new Promise((resolve) => setTimeout(resolve, graceMs).unref());
      return spoke();
    }
  }
  return Watched;
};

/** Now; another one once it is encrypted. */
const socketOf = (client: pg.Client): NodeJS.Socket & { destroy(error: Error): void } =>
  (client as unknown as { connection: { stream: NodeJS.Socket & { destroy(error: Error): void } } })
    .connection.stream;

/**
 * Has the connections of a pool to this URL notice silence; `direct`: leads to the server itself.
 *
 * @internal
 */
export const noticingSilence =
  (direct: string) =>
  (base: ClientClass): ClientClass =>
    asksAfter(base, askAt({ connectionString: direct }));

/** A session that only listens owes nothing, so it is asked something this often, in ms. */
const pingMs = 1_000;

/** Has a session notice that its server has fallen silent, though nobody asks it anything. */
export function pinged(session: pg.Client): pg.Client {
  const pings = setInterval(
    () => void session.query('select 1').catch(() => session.end().catch(() => undefined)),
    pingMs,
  ).unref();
  session.once('end', () => clearInterval(pings));
  return session;
}
