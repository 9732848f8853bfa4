import type { ClientBase } from 'pg';
import type { Queryable } from '../../database/database.js';

/*
 * normal → degraded: before the first answer that does not wait. degraded → recovering: the other side confirms again, so
 * answers wait. recovering → normal: a batch that was read since then is stored, and with it every write that was answered
 * without a wait. A fail-over promises that nothing is missing only while the module is not degraded.
 */

/**
 * A copy whose last whole batch or heartbeat is older, in ms, is not read. As long a module that has just been marked degraded
 * holds its answers back: else a caller would read what was there before the write that he was just told of.
 */
export const freshCopyMs = 1_000;

/** Whether a moment that lies at most so far ahead is over; also where the clock was set back since. */
const isOver = (moment: string): string =>
  `clock_timestamp() not between ${moment} - interval '${freshCopyMs} ms' and ${moment}`;

/** Whether writes are answered without the other side, of the row `r` of `strangler.relay`, which may be missing. */
export const answersAlone = `coalesce(r.degraded_since is not null and not r.recovering and (${isOver('r.alone_at')}) is not false, false)`;

/**
 * Says that the other side does not confirm. Its copy counts as fresh for a while all the same; once it does not, writes of the
 * module are answered without it. `silentMs`: for how long it has confirmed nothing, which is a part of that while. False: that is not
 * so, for the other side answers and refuses, or this one has not proven itself; neither is a reason to answer alone.
 */
export async function markDegraded(
  on: Queryable,
  module: string,
  reason: string,
  silentMs = 0,
): Promise<boolean> {
  const rows = await on.query(
    `insert into strangler.relay (module, degraded_since, reason, alone_at)
     select module, clock_timestamp(), $2, clock_timestamp() + $3 * interval '1 ms'
     from strangler.ownership o where module = $1 and strangler.is_proven(o)
     on conflict (module) do update set
       degraded_since = coalesce(relay.degraded_since, excluded.degraded_since), reason = excluded.reason, recovering = false,
       alone_at = case when relay.degraded_since is null or relay.recovering then excluded.alone_at
         else least(relay.alone_at, excluded.alone_at) end
       where relay.refused is null
     returning module`,
    [module, reason, Math.max(0, freshCopyMs - silentMs)],
  );
  return rows.length > 0;
}

/** Writes down why the other side refuses all batches; null: it takes them. */
export async function markRefused(on: ClientBase, module: string, reason: string | null): Promise<void> {
  await on.query(
    'update strangler.relay set refused = $2 where module = $1 and refused is distinct from $2',
    [module, reason],
  );
}

/** Answers wait again. Only the relay of this term may say so. */
export async function beginRecovery(on: Queryable, module: string, term: number): Promise<void> {
  await on.query('update strangler.relay set recovering = true where module = $1 and term = $2', [
    module,
    term,
  ]);
}

/** All that was answered without the other side is there. Without effect if the module was degraded anew meanwhile. */
export async function endRecovery(on: Queryable, module: string, term: number): Promise<void> {
  await on.query(
    `update strangler.relay set degraded_since = null, reason = null, recovering = false
     where module = $1 and term = $2 and recovering`,
    [module, term],
  );
}
