import type { Queryable } from '../../database/database.js';
import { quoted } from '../../database/tables.js';
import type { EventSubscriber } from './subscribers.js';

/** Where an event is on its way to one subscriber, in this order. */
export const deliveryStates = ['published', 'processing', 'completed', 'failed', 'resubmitted'] as const;
/**
 * Where an event is on its way to one subscriber: `published` (not its turn yet), `processing` (it is called, or was and is called again),
 * `completed` (handled, or put away), `failed` (never tried again by itself), `resubmitted` (sent again by a person, and not done yet). The
 * names are those of Spring Modulith's event publication registry.
 *
 * @example
 * ```ts
 * const needsSomebody = (state: DeliveryState): boolean => state === 'failed';
 * ```
 */
export type DeliveryState = (typeof deliveryStates)[number];

/**
 * An event, and where it is on its way to one subscriber.
 *
 * @example
 * ```ts
 * const text = ({ type, key, subscriber, state }: EventView) => `${type} of ${key} to ${subscriber ?? 'nobody'}: ${state}`;
 * ```
 */
export interface EventView {
  id: string;
  module: string;
  type: string;
  /** Its routing key, and its number among the events of that key. */
  key: string;
  seq: number;
  /** When it was told, RFC 3339. */
  at: string;
  requestId: string;
  /** As people may see it: the declared fields, those that are masked without their values; null: its type is not declared any more. */
  data: unknown;
  /** The module that is called; null: nobody is. */
  subscriber: string | null;
  state: DeliveryState;
  /** So far: how often it was tried, how often the subscriber has answered with an error, and with which one last. */
  tries: number;
  failures: number;
  error: string | null;
  /** In ms; null: it is not to be tried, or waits for one before it. */
  retryInMs: number | null;
}

/**
 * How far behind a subscriber is with the events of a module.
 *
 * @example
 * ```ts
 * const isLate = ({ oldestMs }: SubscriberLag): boolean => (oldestMs ?? 0) > 300_000;
 * ```
 */
export interface SubscriberLag {
  module: string;
  subscriber: string;
  /** Events that it has still to handle; of very many keys a part. */
  waiting: number;
  /** Keys that a failed event holds. */
  failed: number;
  /** Age of the oldest that it has still to handle, in ms; null: there is none. */
  oldestMs: number | null;
  /** For how long its view is being emptied, or events wait for a replay that a failover has ended, in ms; null: neither is so. */
  replayMs: number | null;
}

/**
 * Which deliveries are asked for; what is left out may be any.
 *
 * @example
 * ```ts
 * const dead: EventQuestion = { state: 'failed', subscriber: 'mails', limit: 20 };
 * ```
 */
export interface EventQuestion {
  id?: string;
  type?: string;
  key?: string;
  subscriber?: string;
  state?: DeliveryState;
  /** Told at this time or later, and before that one, RFC 3339. */
  since?: string;
  until?: string;
  /** The newest so many. */
  limit: number;
}

/** Of what a side tells of its events. */
export interface ToldEvents {
  readonly module: string;
  readonly subscribers: readonly EventSubscriber[];
  /** What stands in an event, as people may see it. */
  readonly masked: (type: string, data: unknown) => unknown;
}

/** Of so many keys at most it is counted how much waits. */
const mostKeys = 10_000;

/** Of a key `alias`: it belongs to this side, also while it is being handed off. With `o`, the module's ownership row. */
const belongs = (alias: string): string =>
  `((strangler.bucket($1, ${alias}.routing_key) < o.extracted_below) = (o.side = 'extracted'))`;

/** The first event behind a cursor `c` that its subscriber is to be called for. */
const nextOf = (event: string): string => `
  left join lateral (
    select n.seq from ${event} n
    where n.routing_key = c.routing_key and n.seq > c.seq and n.seq <= c.head
      and exists (select from subscribed s where s.name = c.subscriber and s.type = n.type)
    order by n.seq limit 1) next on c.subscriber is not null`;

const subscribed = `subscribed as materialized (select * from unnest($2::text[], $3::text[], $4::boolean[]) s (name, type, from_first))`;

const subscriptionsOf = (subscribers: readonly EventSubscriber[]): [string[], string[], boolean[]] => {
  const all = subscribers.flatMap(({ name, types, fromFirst }) =>
    [...types].map((type) => ({ name, type, fromFirst })),
  );
  return [all.map(({ name }) => name), all.map(({ type }) => type), all.map(({ fromFirst }) => fromFirst)];
};

/** Those that hold a cursor, so that it is found without looking through the log. */
const held: ReadonlySet<DeliveryState | undefined> = new Set(['processing', 'failed', 'resubmitted']);

type Row = Omit<EventView, 'at' | 'module'> & { atMs: number };

/** Events of the keys that belong to this side, one row a subscriber, the newest first. */
export async function eventViews(
  on: Queryable,
  { module, subscribers, masked }: ToldEvents,
  { id, type, key, subscriber, state, since, until, limit }: EventQuestion,
): Promise<EventView[]> {
  const [event, cursor] = [`${quoted(module)}.event`, `${quoted(module)}.event_cursor`];
  const rows = await on.query<Row>(
    `with ${subscribed}, delivery as (
       select e.*, s.name as subscriber, c.error, c.tries, c.failures, c.due_at, e.seq is not distinct from next.seq as is_next,
         case when c.subscriber is null then 'published'
           when e.seq <= c.seq then 'completed'
           when e.seq is distinct from next.seq then 'published'
           when c.failed_at is not null then 'failed'
           when c.resent = e.seq then 'resubmitted'
           when c.tries > 0 or c.due_at <= clock_timestamp() then 'processing'
           else 'published' end as state
       from strangler.ownership o cross join ${event} e
       left join subscribed s on s.type = e.type
       left join ${cursor} c on c.routing_key = e.routing_key and c.subscriber = s.name
       ${nextOf(event)}
       where o.module = $1 and ${belongs('e')} and (s.name is null or c.subscriber is not null or s.from_first)
         and ($5::uuid is null or e.id = $5) and ($6::text is null or e.type = $6) and ($7::text is null or e.routing_key = $7)
         and ($8::text is null or s.name = $8) and ($9::timestamptz is null or e.at >= $9) and ($12::timestamptz is null or e.at < $12)
         ${held.has(state) ? 'and (c.due_at is not null or c.failed_at is not null) and e.seq > c.seq' : ''})
     select id, type, routing_key as key, seq::float8 as seq, extract(epoch from at)::float8 * 1000 as "atMs", request_id as "requestId",
       data, subscriber, state, case when is_next then tries else 0 end as tries, case when is_next then failures else 0 end as failures,
       case when is_next then error end as error,
       case when is_next and state <> 'failed' then
         greatest(0, extract(epoch from due_at - clock_timestamp())::float8 * 1000) end as "retryInMs"
     from delivery where ($10::text is null or state = $10) order by at desc, routing_key, seq desc, subscriber limit $11`,
    [
      ...[module, ...subscriptionsOf(subscribers)],
      ...[
        id ?? null,
        type ?? null,
        key ?? null,
        subscriber ?? null,
        since ?? null,
        state ?? null,
        limit,
        until ?? null,
      ],
    ],
  );
  return rows.map(({ atMs, data, ...row }) => ({
    ...row,
    module,
    at: new Date(atMs).toISOString(),
    data: masked(row.type, data),
  }));
}

/** How far behind the subscribers are with the keys that belong to this side. */
export async function subscriberLags(
  on: Queryable,
  { module, subscribers }: ToldEvents,
): Promise<SubscriberLag[]> {
  const [event, cursor] = [`${quoted(module)}.event`, `${quoted(module)}.event_cursor`];
  const rows = await on.query<Omit<SubscriberLag, 'module'>>(
    `with ${subscribed}, open as materialized (
       select c.* from strangler.ownership o join ${cursor} c on c.due_at is not null or c.failed_at is not null
       where o.module = $1 and ${belongs('c')} limit $5)
     select s.name as subscriber, coalesce(sum(e.waiting), 0)::float8 as waiting, count(c.failed_at)::float8 as failed,
       (extract(epoch from clock_timestamp() - min(e.oldest)) * 1000)::float8 as "oldestMs",
       coalesce(
         (select extract(epoch from clock_timestamp() - r.began_at) * 1000 from strangler.event_replay r join strangler.ownership o using (module, epoch)
          where module = $1 and r.subscriber = s.name),
         extract(epoch from clock_timestamp() - min(e.oldest) filter (where c.stop is not null)) * 1000)::float8 as "replayMs"
     from (select distinct name from subscribed) s left join open c on c.subscriber = s.name
     left join lateral (
       select count(*) as waiting, min(n.at) as oldest from ${event} n
       where n.routing_key = c.routing_key and n.seq > c.seq and n.seq <= c.head
         and exists (select from subscribed t where t.name = c.subscriber and t.type = n.type)) e on true
     group by s.name order by s.name`,
    [module, ...subscriptionsOf(subscribers), mostKeys],
  );
  return rows.map((row) => ({ module, ...row }));
}
