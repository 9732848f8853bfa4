import type { Database, Queryable } from '../../database/database.js';
import { sqlState } from '../../database/sql-state.js';

/**
 * Why a piece is to be tried again later. `taken`: another process is at it; `behind`: the other side has not stored what was written before;
 * `locked`: somebody holds what it needs; `handed over`: owners change; `unproven`: this side has not proven itself.
 */
export type Later = 'taken' | 'behind' | 'locked' | 'handed over' | 'unproven';
export type PieceEnd = 'more' | 'done' | Later;

/** A piece waits while the other side is so far behind, in ms: it is nobody's hurry. */
const mostLagMs = 200;
/** In ms. A lock that is not had by then belongs to a customer. */
const limits = { lockTimeoutMs: 500, statementTimeoutMs: 10_000 };
/** A lock, a deadlock, a fence, an owner that has changed, a side that has not proven itself. A statement that takes too long does not pass. */
const passing = new Map<string | undefined, Later>([
  ['55P03', 'locked'],
  ['40P01', 'locked'],
  ['SR423', 'handed over'],
  ['SR409', 'handed over'],
  ['SR425', 'unproven'],
]);

/**
 * One piece of work on rows that this side owns, in a transaction of its own, that gives way to customers. It has to be a small one: a fence
 * waits for it.
 *
 * @throws what does not pass by itself, also that a statement took too long
 */
export async function inPiece<T>(
  database: Database,
  work: (q: Queryable) => Promise<T>,
  { lockTimeoutMs = limits.lockTimeoutMs } = {},
): Promise<T | Later> {
  try {
    return await database.transaction(work, { ...limits, lockTimeoutMs });
  } catch (error) {
    const later = passing.get(sqlState(error));
    if (later) return later;
    throw error;
  }
}

/** First of all in a piece: owners do not change before it ends, and what it writes is no stray. `behind`: what it would write had to wait with what customers write. */
export async function enterUnhurried(
  q: Queryable,
  module: string,
): Promise<{ epoch: number; behind: boolean; ownsAny: boolean }> {
  const [now] = await q.query<{ epoch: number; behind: boolean; ownsAny: boolean }>(
    `select (o).epoch::float8 as epoch,
       (o).extracted_below <> (case (o).side when 'extracted' then 0 else 10000 end) as "ownsAny",
       coalesce((select degraded_since is not null from strangler.relay where module = $1), false)
         or exists (select from strangler.outbox where module = $1 and parked is null
           and at < clock_timestamp() - $2 * interval '1 ms') as behind,
       set_config('strangler.through_port', ' ' || $1 || ' ', true)
     from strangler.enter($1) o`,
    [module, mostLagMs],
  );
  return now!;
}
