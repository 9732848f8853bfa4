import type { Queryable } from '../database.js';

/** Says that the other side does not confirm: from now on writes of the module are answered without it. */
export async function markDegraded(on: Queryable, module: string, reason: string): Promise<void> {
  await on.query(
    `insert into strangler.relay (module, degraded_since, reason) values ($1, clock_timestamp(), $2)
     on conflict (module) do update
       set degraded_since = coalesce(relay.degraded_since, excluded.degraded_since), reason = excluded.reason`,
    [module, reason],
  );
}

/** Only the relay of this term may say so. */
export async function clearDegraded(on: Queryable, module: string, term: number): Promise<void> {
  await on.query(
    'update strangler.relay set degraded_since = null, reason = null where module = $1 and term = $2',
    [module, term],
  );
}
