import { jetStream } from '../../contract/event.js';
import { literal, type MovingTable } from '../../database/tables.js';

/** What is pruned. What only the owner prunes goes over to the other side as any other write does. */
export const prunedByOwner = ['results', 'sagas', 'events'] as const;
export const prunedHere = ['history', 'reports', 'samples'] as const;
export type Pruned = (typeof prunedByOwner)[number] | (typeof prunedHere)[number];

/** Rows of a piece: it fits one row of the outbox, and one batch. */
export const pieceRows = 200;
/** The latest entries of a module's history are kept however old they are: how it came to where it is. */
const latestKept = 100;

const unfinished = `('running', 'waiting', 'compensating')`;

/** Of a table `alias`: this side owns the row. With \`o\`, the module's ownership row. */
const owned = (table: MovingTable, alias: string): string =>
  `o.module = $1 and strangler.owned_by(o, ${table.bucket(alias)})`;

/**
 * Prunes what is left of commands. $1: the module, $2: what is older goes, $3: what is older goes though it was taken back, $4: where to go on
 * (a time). All that one command has on this side goes at once; what belongs to a saga that has not ended stays. Answers `rows` that
 * are gone, `found` of a piece, and `last`: where to go on.
 */
export function pruneResults(idempotency: MovingTable, saga: MovingTable | undefined): string {
  const mayGo = (alias: string) =>
    [
      owned(idempotency, alias),
      `${alias}.created_at < $2`,
      `not (${alias}.undone and ${alias}.created_at >= $3)`,
      ...(saga
        ? [
            `not exists (select from ${saga.sql} s where s.command_id = ${alias}.command_id and s.status in ${unfinished})`,
          ]
        : []),
    ].join(' and ');
  return `
    with old as materialized (
      select i.command_id, i.created_at from ${idempotency.sql} i cross join strangler.ownership o
      where ${mayGo('i')} and i.created_at >= $4 order by i.created_at limit ${pieceRows}
    ), gone as (
      delete from ${idempotency.sql} i using strangler.ownership o
      where ${mayGo('i')} and i.command_id in (select command_id from old) returning 1
    )
    select (select count(*)::int from gone) as rows, (select count(*)::int from old) as found,
      (select max(created_at)::text from old) as last`;
}

/**
 * Prunes sagas that have ended before $2; $3: where to go on (an id). Their ids grow with the time at which they began, so no index is needed.
 */
export const pruneSagas = (saga: MovingTable): string => `
  with old as materialized (
    select s.id from ${saga.sql} s cross join strangler.ownership o
    where ${owned(saga, 's')} and s.id > $3 and s.status not in ${unfinished} and s.ended_at < $2
      and s.id < (lpad(to_hex((extract(epoch from $2::timestamptz) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    order by s.id limit ${pieceRows}
  ), gone as (
    delete from ${saga.sql} s using old where s.id = old.id returning 1
  )
  select (select count(*)::int from gone) as rows, (select count(*)::int from old) as found,
    (select id::text from old order by id desc limit 1) as last`;

/**
 * Prunes events that were told before $2 and that no module has still to handle, none during a replay; $3: where to go on (a time). The last
 * number of a key and how far its subscribers are stay. Outsiders hold nothing: else JetStream, when it is away, would fill the disk.
 */
export const pruneEvents = (event: MovingTable, cursor: MovingTable): string => `
  with old as materialized (
    select e.routing_key, e.seq, e.at from ${event.sql} e cross join strangler.ownership o
    where ${owned(event, 'e')} and e.at < $2 and e.at >= $3
      and not exists (select from ${cursor.sql} c where c.routing_key = e.routing_key and c.seq < e.seq and c.head >= e.seq
        and c.subscriber <> ${literal(jetStream)})
      and not exists (select from strangler.event_replay r where r.module = $1 and r.epoch = o.epoch)
    order by e.at limit ${pieceRows}
  ), gone as (
    delete from ${event.sql} e using old where e.routing_key = old.routing_key and e.seq = old.seq returning 1
  )
  select (select count(*)::int from gone) as rows, (select count(*)::int from old) as found,
    (select max(at)::text from old) as last`;

/** Prunes what is no copy of anything: each database has its own. $1: the module, $2: what is older goes. */
export const pruneHere: Readonly<Record<(typeof prunedHere)[number], string>> = {
  history: here(
    'history',
    'id',
    `id < (select min(id) from (select id from strangler.history where module = $1 order by id desc limit ${latestKept}) latest)`,
  ),
  reports: here('given_up', 'id', 'true'),
  samples: here('mismatch', 'id', 'true'),
};

function here(table: string, id: string, mayGo: string): string {
  return `
    with old as materialized (
      select ${id} from strangler.${table} where module = $1 and at < $2 and ${mayGo} order by ${id} limit ${pieceRows}
    ), gone as (
      delete from strangler.${table} where module = $1 and ${id} in (select ${id} from old) returning 1
    )
    select (select count(*)::int from gone) as rows, (select count(*)::int from old) as found`;
}
