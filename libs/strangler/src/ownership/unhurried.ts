import type { Database, Queryable } from '../database.js';
import { sqlState } from '../transaction.js';

/** `later`: another process has it, the other side is behind, or somebody is in the way. */
export type PieceEnd = 'more' | 'later' | 'done';

/** A piece waits while the other side is so far behind, in ms: it is nobody's hurry. */
const mostLagMs = 200;
/** In ms. A lock that is not had by then belongs to a customer. */
const limits = { lockTimeoutMs: 500, statementTimeoutMs: 10_000 };
/** A lock, a deadlock, a fence, an owner that has changed, a side that has not proven itself. */
const passing = new Set(['55P03', '40P01', '57014', 'SR423', 'SR409', 'SR425']);

/** One piece of work on rows that this side owns, in a transaction of its own, that gives way to customers. */
export async function inPiece<T>(
  database: Database,
  work: (q: Queryable) => Promise<T>,
  { lockTimeoutMs = limits.lockTimeoutMs } = {},
): Promise<T | 'later'> {
  try {
    return await database.transaction(work, { ...limits, lockTimeoutMs });
  } catch (error) {
    if (passing.has(sqlState(error) ?? '')) return 'later';
    throw error;
  }
}

/** First of all in a piece: owners do not change before it ends. `behind`: what it would write had to wait with what customers write. */
export async function enterUnhurried(
  q: Queryable,
  module: string,
): Promise<{ epoch: number; behind: boolean; ownsAny: boolean }> {
  const [now] = await q.query<{ epoch: number; behind: boolean; ownsAny: boolean }>(
    `select (o).epoch::float8 as epoch,
       (o).extracted_below <> (case (o).side when 'extracted' then 0 else 10000 end) as "ownsAny",
       coalesce((select degraded_since is not null from strangler.relay where module = $1), false)
         or exists (select from strangler.outbox where module = $1 and parked is null
           and at < clock_timestamp() - $2 * interval '1 ms') as behind
     from strangler.enter($1) o`,
    [module, mostLagMs],
  );
  return now!;
}
