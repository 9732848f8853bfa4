import { Logger } from '@nestjs/common';
import type { Database } from '../../database/database.js';
import { databaseLoss, described } from '../../database/failure.js';
import { ownerRefusal } from '../../database/refusals.js';
import { quoted } from '../../database/tables.js';
import type { EventSubscriber } from './subscribers.js';

/** An event as the log has it. */
export interface LoggedEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly requestId: string;
  readonly traceparent: string | null;
  /** When it was told, RFC 3339. */
  readonly at: string;
}

/** What a subscriber is to be called for, of one key. */
export interface DueKey {
  readonly key: string;
  /** Where its cursor stands, and the last that it has handled: none, where what it had is lost. */
  readonly from: number;
  readonly seq: number;
  /** The last that it is to handle now. */
  readonly head: number;
  /** How often the first of these was tried, and how often the subscriber has answered with an error. */
  readonly tries: number;
  readonly failures: number;
  /** How often its view was built anew: a delivery's id is made of it. For JetStream: which stream has its events. */
  readonly generation: number;
  /** The next ones, in their order; fewer than asked for: these are all. */
  readonly events: readonly LoggedEvent[];
}

/** What came of a {@link DueKey}. */
export interface HandledKey {
  readonly key: string;
  /** Where its cursor stood, and where it goes. */
  readonly from: number;
  readonly seq: number;
  readonly generation: number;
  /** The stream that has the events up to `seq`, where that is another one. */
  readonly stream?: number | undefined;
  /** Why the event behind `seq` was not handled; `undefined`: as far as this process knows, nothing is left. */
  readonly problem?: Problem | undefined;
}

export interface Problem {
  readonly error: string;
  readonly tries: number;
  readonly failures: number;
  /** When it is tried again, in ms from now; null: never by itself. */
  readonly retryMs: number | null;
}

/** No retry is put off for longer, in ms. What is due later was put off before the database's clock was set back. */
export const longestWaitMs = 30_000;

/**
 * Which cursors `c` are to be looked at now: due, of keys that this side owns, once it has proven itself, and not behind the stop of a replay. With `o`, the module's ownership row; $1: the
 * module. Whoever sleeps asks the same as whoever works: else he would be awake for what he may not do.
 */
const isDue = `o.module = $1 and strangler.is_proven(o)
  and (c.due_at <= clock_timestamp() or c.due_at > clock_timestamp() + ${2 * longestWaitMs} * interval '1 ms')
  and case when c.stop is not null then c.seq < c.stop else not exists (
    select from strangler.event_replay r where r.module = $1 and r.subscriber = c.subscriber and r.epoch = o.epoch) end
  and strangler.owns($1, c.routing_key)`;

/** Whether there is anything to do, as `any`. $1: the module, $2: its subscribers. */
export const anyDueSql = (module: string): string =>
  `select exists (select from ${quoted(module)}.event_cursor c, strangler.ownership o
     where c.subscriber = any($2) and ${isDue}) as any`;

/** The events of a module in one database, and how far its subscribers are. */
export class EventLog {
  private readonly logger: Logger;
  private readonly event: string;
  private readonly cursor: string;
  private readonly stream: string;

  constructor(
    private readonly database: Database,
    readonly module: string,
  ) {
    this.logger = new Logger(`${EventLog.name} ${module}`);
    const of = (table: string) => `${quoted(module)}.${table}`;
    [this.event, this.cursor, this.stream] = [of('event'), of('event_cursor'), of('event_stream')];
  }

  /**
   * Keys for whose events a subscriber is to be called now, the longest due first, with up to `each` events. None while this side has not
   * proven itself. `busy`: keys that are not to be looked at. `stream`: what another one had is lost.
   */
  due(
    { name, types }: EventSubscriber,
    { limit, each, busy, stream }: { limit: number; each: number; busy: readonly string[]; stream?: number },
  ): Promise<DueKey[]> {
    return this.database.query<DueKey>(
      `select c.routing_key as key, c.seq::float8 as "from", handled.seq::float8 as seq, least(c.head, c.stop)::float8 as head, c.tries, c.failures, c.generation, e.events
       from strangler.ownership o
       join ${this.cursor} c on c.subscriber = $2
       cross join lateral (select case when c.generation = coalesce($7::integer, c.generation) then c.seq else 0 end as seq) handled
       cross join lateral (
         select coalesce(json_agg(json_build_object('seq', e.seq, 'id', e.id, 'type', e.type, 'data', e.data,
             'requestId', e.request_id, 'traceparent', e.traceparent, 'at', e.at) order by e.seq), '[]') as events
         from (select * from ${this.event} e
           where e.routing_key = c.routing_key and e.seq > handled.seq and e.seq <= least(c.head, c.stop) and e.type = any($3)
           order by e.seq limit $4) e) e
       where ${isDue} and c.routing_key <> all($5)
       order by c.due_at limit $6`,
      [this.module, name, [...types], each, busy, limit, stream ?? null],
      { prepared: true },
    );
  }

  /**
   * Writes down how far a subscriber is. Where the key is no longer this side's, or somebody else has moved the cursor, nothing is: the event
   * is delivered once more, and has no second effect.
   */
  async settle(subscriber: string, settled: readonly HandledKey[]): Promise<void> {
    if (settled.length === 0) return;
    try {
      await this.write(subscriber, settled);
    } catch (error) {
      // Without a database each of them would wait for one.
      if (settled.length === 1 || databaseLoss(error)) return this.note(error);
      // One of the keys has another owner, or is on its way to one.
      for (const each of settled)
        await this.write(subscriber, [each]).catch((problem: unknown) => this.note(problem));
    }
  }

  /** That a key is no longer this side's is nothing to tell of. */
  private note(error: unknown): void {
    if (ownerRefusal(error, this.module)) return;
    this.logger.warn({ msg: 'could not write down which events are handled', error: described(error) });
  }

  private async write(subscriber: string, settled: readonly HandledKey[]): Promise<void> {
    await this.database.together([
      {
        sql: 'select strangler.assert_owner($1, $2)',
        params: [this.module, settled.map(({ key }) => key)],
        prepared: true,
      },
      {
        sql: `update ${this.cursor} c set seq = s.seq, generation = coalesce(s.stream, c.generation), tries = s.tries, failures = s.failures, error = s.error,
            failed_at = case when s.error is not null and s.retry_ms is null then clock_timestamp() end,
            due_at = case when s.error is not null then clock_timestamp() + s.retry_ms * interval '1 ms'
              when c.head > s.seq then clock_timestamp() end
          from unnest($2::text[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[], $7::text[], $8::integer[],
              $9::integer[], $10::integer[]) s (key, was, seq, tries, failures, error, retry_ms, generation, stream)
          where c.subscriber = $1 and c.routing_key = s.key and c.seq = s.was and c.generation = s.generation
            and c.failed_at is null`,
        params: [
          subscriber,
          settled.map(({ key }) => key),
          settled.map(({ from }) => from),
          settled.map(({ seq }) => seq),
          settled.map(({ problem }) => problem?.tries ?? 0),
          settled.map(({ problem }) => problem?.failures ?? 0),
          settled.map(({ problem }) => problem?.error ?? null),
          settled.map(({ problem }) => problem?.retryMs ?? null),
          settled.map(({ generation }) => generation),
          settled.map(({ stream }) => stream ?? null),
        ],
        prepared: true,
      },
    ]);
  }

  /** Of the module's ownership: another one when keys have come or gone. `undefined`: this side has none. */
  async epoch(): Promise<number | undefined> {
    const [row] = await this.database.query<{ epoch: number }>(
      'select epoch::float8 as epoch from strangler.ownership where module = $1',
      [this.module],
    );
    return row?.epoch;
  }

  /**
   * Looks through a piece of the keys for events that a subscriber is not yet to be called for: those that a process has told which did not
   * know it, and, for one that begins with the first, all that were there before, or that another stream than `stream` had. Answers the last key of the piece; `undefined`: that was all.
   */
  async sweep(
    { name, types, fromFirst }: EventSubscriber,
    after: string,
    { pieceKeys = 1_000, stream }: { pieceKeys?: number; stream?: number | undefined } = {},
  ): Promise<string | undefined> {
    const piece = await this.database.query<{ key: string; head: number | null }>(
      `select s.routing_key as key, (
           select max(e.seq)::float8 from ${this.event} e
           where e.routing_key = s.routing_key and e.seq > c.head and e.type = any($3)) as head
       from (select * from ${this.stream} where routing_key > $4 order by routing_key limit $5) s
       left join (select routing_key, case when generation = coalesce($7::integer, generation) then head else 0 end as head from ${this.cursor} where subscriber = $2) known using (routing_key)
       cross join lateral (select coalesce(known.head, case when $6 then 0 end) as head) c
       where strangler.owns($1, s.routing_key) order by s.routing_key`,
      [this.module, name, [...types], after, pieceKeys, fromFirst, stream ?? null],
    );
    const behind = piece.filter((each): each is { key: string; head: number } => each.head !== null);
    if (behind.length > 0) await this.expect(name, behind);
    return piece.length === 0 ? undefined : piece.at(-1)!.key;
  }

  private async expect(subscriber: string, heads: readonly { key: string; head: number }[]): Promise<void> {
    await this.database.together([
      { sql: 'select strangler.assert_owner($1, $2)', params: [this.module, heads.map(({ key }) => key)] },
      {
        sql: `insert into ${this.cursor} as c (routing_key, subscriber, seq, head, due_at)
          select key, $1, 0, head, clock_timestamp() from unnest($2::text[], $3::bigint[]) s (key, head)
          on conflict (routing_key, subscriber) do update set head = greatest(c.head, excluded.head),
            due_at = case when c.failed_at is null then coalesce(c.due_at, excluded.due_at) end`,
        params: [subscriber, heads.map(({ key }) => key), heads.map(({ head }) => head)],
      },
    ]);
  }
}
