import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Position } from '../identity/position.js';
import type { Database } from '../../database/database.js';

/** The server ends a session that is idle for so long: its process is stopped, and another one shall lead. In ms. */
const idleMs = 10_000;
/**
 * Plans of the relay read by an index, and in its order. The statistics of an outbox are always out of date; believing
 * them, PostgreSQL would sort all of it for each batch. And a plan that is kept may be from when a table was empty. A batch is
 * put together in memory.
 */
const planning = `set enable_sort = off; set enable_bitmapscan = off; set enable_seqscan = off; set jit = off; set work_mem = '32MB';`;
/** A relay that may not sleep because a writer is inside looks again after so many ms, at first and at most. */
const dozeMs = { from: 1, to: 10 };

const sleepLock = 'strangler.sleep_lock(), hashtext($1)';

/** What a leadership begins with. */
export interface Term {
  term: number;
  life: number;
  confirmed: Position | null;
}

/**
 * The relay's own connection. It holds the lock of the leadership, hears of changes, and runs every statement of the
 * leadership: a leader without its lock can do nothing.
 */
export class RelaySession {
  private readonly ending = new AbortController();
  private woken = false;
  private rouse: () => void = () => undefined;

  private constructor(
    readonly client: Client,
    private readonly module: string,
  ) {
    client.on('notification', ({ payload }) => payload === module && this.wake());
    client.once('end', () => this.end());
  }

  static async open(database: Database, module: string): Promise<RelaySession> {
    const session = new RelaySession(await database.session(), module);
    try {
      await session.client.query(`set idle_session_timeout = ${idleMs}; ${planning} listen strangler_outbox`);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Aborted when the session is gone. */
  get gone(): AbortSignal {
    return this.ending.signal;
  }

  /** Whether this session is now the one that leads. */
  async tryLead(): Promise<boolean> {
    const { rows } = await this.client.query<{ won: boolean }>(
      'select pg_try_advisory_lock(strangler.relay_lock(), hashtext($1)) as won',
      [this.module],
    );
    return rows[0]?.won === true;
  }

  /** The term of a leadership: above all that were here. Undefined: this side has not proven itself, or is not paired. */
  async takeTerm(): Promise<Term | undefined> {
    const { rows } = await this.client.query<Term>(
      `insert into strangler.relay as r (module, term)
       select module, 1 from strangler.ownership o where module = $1 and peer is not null and strangler.is_proven(o)
       on conflict (module) do update set term = r.term + 1
       returning term::float8 as term, life::float8 as life,
         case when confirmed_term is not null then json_build_object('term', confirmed_term, 'seq', confirmed_seq) end as confirmed`,
      [this.module],
    );
    return rows[0];
  }

  /** The last term that this database knows of. */
  async term(): Promise<number> {
    const { rows } = await this.client.query<{ term: number }>(
      'select term::float8 as term from strangler.relay where module = $1',
      [this.module],
    );
    return rows[0]?.term ?? 0;
  }

  /** The last batch that whoever leads has had confirmed. */
  async confirmed(): Promise<Position | null> {
    const { rows } = await this.client.query<{ confirmed: Position | null }>(
      `select case when confirmed_term is not null then json_build_object('term', confirmed_term, 'seq', confirmed_seq) end as confirmed
       from strangler.relay where module = $1`,
      [this.module],
    );
    return rows[0]?.confirmed ?? null;
  }

  /**
   * Sleeps until a change is there, or for `ms`. Writers wake a relay that holds the sleep lock, and those that got it
   * before are still inside; so only who holds it, and has looked once more, may sleep until he is woken.
   */
  async sleep(ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let doze = dozeMs.from; ; doze = Math.min(dozeMs.to, doze * 2)) {
      this.woken = false;
      // The second statement looks after the first one has the lock, without a wait for its answer.
      const [held, change] = await Promise.all([this.lockSleep(), this.anyChange()]);
      const leftMs = until - performance.now();
      if (!change) await this.untilWoken(held ? leftMs : Math.min(leftMs, doze));
      if (held) this.unlockSleep();
      if (held || change || performance.now() >= until) return;
    }
  }

  /** Waits so many ms, or until it is woken: changes alone do not, for the sleep lock is not held. @throws when the session is gone. */
  async rest(ms: number): Promise<void> {
    this.woken = false;
    if (ms > 0) await this.untilWoken(ms);
  }

  /** Waits so many ms; a change does not cut it short. @throws when the session is gone. */
  async pause(ms: number): Promise<void> {
    if (!this.gone.aborted) await sleep(ms, undefined, { signal: this.gone }).catch(() => undefined);
    this.requireAlive();
  }

  wake(): void {
    this.woken = true;
    this.rouse();
  }

  /** Ends the session, and with it the leadership. Does not wait for a server that is silent. */
  close(): void {
    this.end();
    void this.client.end().catch(() => undefined);
  }

  private async untilWoken(ms: number): Promise<void> {
    if (!this.woken && !this.gone.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.rouse = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.requireAlive();
  }

  private requireAlive(): void {
    if (this.gone.aborted) throw new Error('the session of the relay has ended');
  }

  private end(): void {
    this.ending.abort();
    this.rouse();
  }

  private async lockSleep(): Promise<boolean> {
    const { rows } = await this.client.query<{ held: boolean }>({
      name: 'lock sleep',
      text: `select pg_try_advisory_lock(${sleepLock}) as held`,
      values: [this.module],
    });
    return rows[0]?.held === true;
  }

  /** Nobody waits for it: what follows in the session runs behind it. */
  private unlockSleep(): void {
    this.client
      .query({
        name: 'unlock sleep',
        text: `select pg_advisory_unlock(${sleepLock})`,
        values: [this.module],
      })
      .catch(() => this.close());
  }

  private async anyChange(): Promise<boolean> {
    const { rows } = await this.client.query<{ any: boolean }>({
      name: 'any change',
      text: 'select exists (select from strangler.outbox where module = $1 and parked is null) as any',
      values: [this.module],
    });
    return rows[0]?.any === true;
  }
}
