import type { Queryable } from '../database.js';

/*
 * normal → degraded: before the first answer that does not wait. degraded → recovering: the other side confirms again, so
 * answers wait. recovering → normal: a batch that was read since then is stored, and with it every write that was answered
 * without a wait. A fail-over promises that nothing is missing only while the module is not degraded.
 */

/** Whether writes are answered without the other side, of the row `r` of `strangler.relay`, which may be missing. */
export const answersAlone = `coalesce(r.degraded_since is not null and not r.recovering, false)`;

/** Says that the other side does not confirm: from now on writes of the module are answered without it. */
export async function markDegraded(on: Queryable, module: string, reason: string): Promise<void> {
  await on.query(
    `insert into strangler.relay (module, degraded_since, reason) values ($1, clock_timestamp(), $2)
     on conflict (module) do update set
       degraded_since = coalesce(relay.degraded_since, excluded.degraded_since), reason = excluded.reason, recovering = false`,
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
