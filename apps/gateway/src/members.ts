import { StartError } from '#platform';
import { Logger } from '@nestjs/common';
import { hostname } from 'node:os';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/**
 * Who has not been seen for 5 s is gone; its row goes after a minute, taken away by whoever comes first. So has one that was seen later than
 * now: the clock was set back, and who is there says so anew.
 */
const beat = `
  with gone as (
    delete from gateway.members
    where id in (
      select id from gateway.members
      where id <> $1
        and seen_at not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 minute'
      for update skip locked
    )
  ), own as (
    insert into gateway.members (id, host, version, namespace) values ($1, $2, $3, $4)
    on conflict (id) do update set seen_at = clock_timestamp()
  )
  select count(*)::int as others, min(namespace) filter (where namespace <> $4) as stranger from gateway.members
  where id <> $1
    and seen_at between clock_timestamp() - interval '5 seconds' and clock_timestamp() + interval '5 seconds'`;

/**
 * The gateways that share a database, as it sees them by its own clock: a heartbeat a process, as members of a group have it. While the database
 * cannot be asked the last number stands.
 */
export class Members {
  readonly id = uuidv7();
  private readonly logger = new Logger(Members.name);
  private others = 0;
  private stranger: string | null = null;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly who: { version: string; namespace: string },
    /** How often it says that it is there, in ms. */
    private readonly beatMs = 1_000,
  ) {}

  /** Gateways that are there, with this one. */
  get live(): number {
    return this.others + 1;
  }

  /** @throws {StartError} beside gateways of another namespace: limits, routes and what is kept would be of both shops. */
  async start(): Promise<void> {
    await this.beat();
    if (this.stranger !== null) {
      await this.stop();
      throw new StartError(
        `GATEWAY_DATABASE_URL: gateways of the namespace ${this.stranger} use this database, and this one is of ${this.who.namespace}: give it a database of its own, or the same NAMESPACE`,
      );
    }
    this.timer = setInterval(() => void this.beat(), this.beatMs);
  }

  /** The others have its share from their next heartbeat on. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.beating;
    await this.tried(() => this.pool.query('delete from gateway.members where id = $1', [this.id]));
  }

  /** One at a time: a database that is slow gets no more of them. */
  private beat(): Promise<void> {
    return (this.beating ??= this.ask().finally(() => (this.beating = undefined)));
  }

  private async ask(): Promise<void> {
    const { version, namespace } = this.who;
    const who = [this.id, hostname(), version, namespace];
    const answer = await this.tried(() =>
      this.pool.query<{ others: number; stranger: string | null }>(beat, who),
    );
    const [seen] = answer?.rows ?? [];
    if (!seen) return;
    if (seen.stranger !== null && seen.stranger !== this.stranger)
      this.logger.warn(
        `gateways of the namespace ${seen.stranger} use this database too: each needs its own`,
      );
    [this.others, this.stranger] = [seen.others, seen.stranger];
  }

  private async tried<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.logger.debug({ msg: 'the database of the gateways cannot be asked', reason: String(error) });
      return undefined;
    }
  }
}
