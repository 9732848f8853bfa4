import type { Database } from '../../database/database.js';
import type { WebhookOptions } from './webhook-options.js';
import type { AfterTry } from './webhook-tries.js';

/** What a receiver is called with next. */
export interface DueDelivery {
  id: string;
  /** Of the history. */
  entry: number;
  /** That have failed. */
  tries: number;
  /** For how long each try of the receiver has failed while this entry was there, in ms. */
  failingMs: number;
}

/** Where a receiver stands. */
export interface WebhookRow {
  name: string;
  modules: string[] | null;
  outcomes: string[] | null;
  gone: string | null;
  problem: string | null;
  failingSince: string | null;
  failingMs: number | null;
  nextTryAt: string | null;
  deliveredEntry: number | null;
  deliveredAt: string | null;
  waiting: number;
  failed: number;
}

/** A receiver that no settings have named for so long is forgotten, in s: a deployment may leave it out for a moment. */
const forgottenS = 3_600;

const rfc3339 = (column: string): string =>
  `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const failingMs = (since: string): string =>
  `(extract(epoch from clock_timestamp() - ${since}) * 1000)::float8`;

/** What is to be sent to receivers, and how far that has come. */
export class WebhookStore {
  constructor(private readonly database: Database) {}

  /** Settings name these: from now on entries wait for one that is new. Of those of several processes the last ones hold. */
  async name(webhooks: readonly WebhookOptions[]): Promise<void> {
    for (const { name, modules = null, outcomes = null } of webhooks)
      await this.database.query(
        `insert into strangler.webhook (name, modules, outcomes) values ($1, $2, $3)
         on conflict (name) do update set modules = excluded.modules, outcomes = excluded.outcomes, named_at = excluded.named_at`,
        [name, modules, outcomes],
      );
  }

  /** They still do. Answers which of them somebody has forgotten. */
  async nameAgain(names: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `update strangler.webhook set named_at = clock_timestamp() where name = any($1) returning name`,
      [names],
    );
    return names.filter((name) => !rows.some((row) => row.name === name));
  }

  /** Forgets receivers that nobody names, and what waits for them or for an entry that was pruned. Answers how many waited in vain. */
  async forget(): Promise<number> {
    await this.database.query(
      `delete from strangler.webhook where named_at < clock_timestamp() - make_interval(secs => $1)`,
      [forgottenS],
    );
    const gone = await this.database.query<{ waited: boolean }>(
      `delete from strangler.webhook_delivery d
       where not exists (select from strangler.webhook w where w.name = d.webhook)
         or not exists (select from strangler.history h where h.id = d.entry)
       returning failed_at is null as waited`,
    );
    return gone.filter(({ waited }) => waited).length;
  }

  /** The first entry that waits for a receiver, if it may be called now. `settings`: with which it is called. */
  async due(name: string, settings: string): Promise<DueDelivery | undefined> {
    const [due] = await this.database.query<DueDelivery>(
      `select d.id, d.entry, d.tries,
         case when w.failing_since is null then 0 else ${failingMs('greatest(w.failing_since, h.at)')} end as "failingMs"
       from strangler.webhook w
       join strangler.webhook_delivery d on d.webhook = w.name and d.failed_at is null
       join strangler.history h on h.id = d.entry
       where w.name = $1 and w.gone is distinct from $2 and (w.due_at is null or w.due_at <= clock_timestamp())
       order by d.entry limit 1`,
      [name, settings],
    );
    return due;
  }

  /** Other settings than those with which it was gone are tried. */
  async reopen(name: string, settings: string): Promise<void> {
    await this.database.query(
      `update strangler.webhook set gone = null, failing_since = null, problem = null, due_at = null
       where name = $1 and gone is not null and gone <> $2`,
      [name, settings],
    );
  }

  /** It has the entry: true whoever has been called with it meanwhile. */
  async delivered(name: string, { id, entry }: DueDelivery): Promise<void> {
    await this.database.query(
      `with had as (delete from strangler.webhook_delivery where id = $2)
       update strangler.webhook set delivered_entry = $3, delivered_at = clock_timestamp(), failing_since = null, problem = null, due_at = null
       where name = $1`,
      [name, id, entry],
    );
  }

  /** Not yet. Who comes late with that, since another process or a person has been at it, changes nothing. */
  async failed(
    name: string,
    { id, tries }: DueDelivery,
    problem: string,
    { isLast, waitMs }: AfterTry,
  ): Promise<void> {
    await this.database.query(
      `with tried as (
         update strangler.webhook_delivery set tries = tries + 1, failed_at = case when $5 then clock_timestamp() end
         where id = $2 and tries = $3 and failed_at is null returning 1
       )
       update strangler.webhook set problem = $4, failing_since = coalesce(failing_since, clock_timestamp()),
         due_at = clock_timestamp() + $6 * interval '1 ms'
       where name = $1 and exists (select from tried)`,
      [name, id, tries, problem, isLast, waitMs],
    );
  }

  /** It wants no more: what waits has failed, and nothing comes to it. */
  async gone(name: string, settings: string, problem: string): Promise<void> {
    await this.database.query(
      `with given_up as (
         update strangler.webhook_delivery set failed_at = clock_timestamp() where webhook = $1 and failed_at is null
       )
       update strangler.webhook set gone = $2, problem = $3, failing_since = coalesce(failing_since, clock_timestamp()), due_at = null
       where name = $1`,
      [name, settings, problem],
    );
  }

  /** What waits is tried now, and what has failed as if it were new. */
  async resend(name: string): Promise<void> {
    await this.database.query(
      `with again as (update strangler.webhook_delivery set tries = 0, failed_at = null where webhook = $1)
       update strangler.webhook set due_at = null where name = $1`,
      [name],
    );
  }

  /** All that there are. */
  rows(): Promise<WebhookRow[]> {
    return this.database.query<WebhookRow>(
      `select name, modules, outcomes, gone, problem, ${rfc3339('failing_since')} as "failingSince",
         ${failingMs('failing_since')} as "failingMs", ${rfc3339('due_at')} as "nextTryAt",
         delivered_entry as "deliveredEntry", ${rfc3339('delivered_at')} as "deliveredAt",
         count(d.id) filter (where d.failed_at is null)::int as waiting, count(d.failed_at)::int as failed
       from strangler.webhook w left join strangler.webhook_delivery d on d.webhook = w.name
       group by w.name order by w.name`,
    );
  }
}
