import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';

/** The server ends a session that is idle for so long: its process is stopped, and another one shall lead. In ms. */
const idleMs = 10_000;
/** Who does not sleep says so often that he is alive, in ms. */
const aliveMs = 1_000;
/** A leader that may not sleep because a writer is inside looks again after so many ms, at first and at most. */
const dozeMs = { from: 1, to: 10 };

/** For what a session leads: SQL of the first half of its two locks, whose second half is the module. */
export interface LeaderRole {
  /** Held by who leads. */
  lock: string;
  /** Held by who leads and sleeps; writers try to take it, shared, and else notify the channel, with the module. */
  sleepLock: string;
  channel: string;
  /** Statements with which the session begins. */
  settings?: string;
}

/**
 * A connection of its own for who does something alone of all processes, for one module. It holds the lock of the leadership, and hears of
 * work: a leader without its lock can do nothing.
 */
export abstract class LeaderSession {
  private readonly ending = new AbortController();
  private woken = false;
  private saidAt = -Infinity;
  private rouse: () => void = () => undefined;

  protected constructor(
    readonly client: Client,
    protected readonly module: string,
    private readonly role: LeaderRole,
  ) {
    client.on('notification', ({ payload }) => payload === module && this.wake());
    client.once('end', () => this.end());
  }

  /** Whether there is anything to do, asked in the session. */
  protected abstract isAnythingToDo(): Promise<boolean>;

  protected async begin(): Promise<void> {
    const { channel, settings } = this.role;
    try {
      await this.client.query(
        [`set idle_session_timeout = ${idleMs}`, ...(settings ? [settings] : []), `listen ${channel}`].join(
          '; ',
        ),
      );
    } catch (error) {
      this.close();
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
      `select pg_try_advisory_lock(${this.role.lock}, hashtext($1)) as won`,
      [this.module],
    );
    return rows[0]?.won === true;
  }

  /**
   * Sleeps until there is something to do, or for `ms`. Writers wake a leader that holds the sleep lock, and those that got it
   * before are still inside; so only who holds it, and has looked once more, may sleep until he is woken.
   */
  async sleep(ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let doze = dozeMs.from; ; doze = Math.min(dozeMs.to, doze * 2)) {
      this.woken = false;
      // The second statement looks after the first one has the lock, without a wait for its answer.
      const [held, work] = await Promise.all([this.lockSleep(), this.isAnythingToDo()]);
      const leftMs = until - performance.now();
      if (!work) await this.untilWoken(held ? leftMs : Math.min(leftMs, doze));
      if (held) this.unlockSleep();
      if (held || work || performance.now() >= until) return;
    }
  }

  /** Who neither sleeps nor asks anything in this session calls it in between: else the server would end it. @throws when the session is gone. */
  async stayAlive(): Promise<void> {
    if (performance.now() - this.saidAt < aliveMs) return;
    await this.client.query('select 1');
    this.saidAt = performance.now();
  }

  /** Waits so many ms, or until it is woken: writers alone do not, for the sleep lock is not held. @throws when the session is gone. */
  async rest(ms: number): Promise<void> {
    this.woken = false;
    if (ms > 0) await this.untilWoken(ms);
  }

  /** Waits so many ms; work does not cut it short. @throws when the session is gone. */
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
    if (this.gone.aborted) throw new Error('the session of the leader has ended');
  }

  private end(): void {
    this.ending.abort();
    this.rouse();
  }

  private async lockSleep(): Promise<boolean> {
    const { rows } = await this.client.query<{ held: boolean }>({
      name: 'lock sleep',
      text: `select pg_try_advisory_lock(${this.sleepLock}) as held`,
      values: [this.module],
    });
    return rows[0]?.held === true;
  }

  /** Nobody waits for it: what follows in the session runs behind it. */
  private unlockSleep(): void {
    this.client
      .query({
        name: 'unlock sleep',
        text: `select pg_advisory_unlock(${this.sleepLock})`,
        values: [this.module],
      })
      .catch(() => this.close());
  }

  private get sleepLock(): string {
    return `${this.role.sleepLock}, hashtext($1)`;
  }
}
