import { buckets } from '../../routes/bucket.js';
import type { Queryable } from '../../database/database.js';
import type { Conclusion } from './conclude.js';
import type { Range, Standpoint } from './standing.js';

/** Which of these rows are in the outbox, or were given up. */
export async function idsHere(
  q: Queryable,
  module: string,
  ids: readonly number[],
): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const rows = await q.query<{ id: number }>(
    `select c.id::float8 as id from unnest($2::bigint[]) c (id) cross join strangler.outbox_row_of($1, c.id)
     union all select id::float8 from strangler.given_up where module = $1 and id = any($2::bigint[])`,
    [module, ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whether rows of these buckets are in the outbox. */
export async function isUndelivered(q: Queryable, module: string, { from, to }: Range): Promise<boolean> {
  const rows = await q.query(
    'select from strangler.outbox_holds($1, $2, $3, 9223372036854775807) holds where holds',
    [module, from, to],
  );
  return rows.length > 0;
}

/** Carries a conclusion out, in an open transaction in which the three rows are locked. */
export async function carryOutConclusion(
  q: Queryable,
  module: string,
  conclusion: Conclusion,
  told: Standpoint,
): Promise<void> {
  const { proven, standing, epoch, extractedBelow, unfenced, givenUp, incomplete, sending } = conclusion;
  await q.query(
    `update strangler.ownership set standing = $2, epoch = $3, extracted_below = $4, peer_start = $7, peer = $8, peer_home = $9,
       fence_from = case when not $5 then fence_from end, fence_to = case when not $5 then fence_to end,
       peer_since = coalesce(peer_since, clock_timestamp()),
       proven_start = case when $6 then strangler.server_start() else proven_start end,
       proven_by = case when $6 then 'peer' else proven_by end, home = strangler.home(), known_as = null
     where module = $1`,
    [module, standing, epoch, extractedBelow, unfenced, proven, told.start, told.database, told.home],
  );
  if (givenUp) await report(q, module, givenUp, conclusion.outcome);
  if (incomplete)
    await q.query('update strangler.applied set life = null, complete = false where module = $1', [module]);
  if (sending) await takePosition(q, module, sending, conclusion.outcome);
}

/** Takes for confirmed what the peer has of it; what is left in the outbox is a report. */
export async function takePosition(
  q: Queryable,
  module: string,
  { life, term, confirmed }: NonNullable<Conclusion['sending']>,
  why: string,
): Promise<void> {
  await q.query(
    `insert into strangler.relay as r (module, life, term, confirmed_term, confirmed_seq) values ($1, $2, $3, $4, $5)
     on conflict (module) do update set life = $2, term = greatest(r.term, $3), confirmed_term = $4, confirmed_seq = $5`,
    [module, life, term, confirmed?.term ?? null, confirmed?.seq ?? null],
  );
  await report(q, module, { from: 0, to: buckets }, why);
  await q.query('delete from strangler.backfill where module = $1', [module]);
  await q.query(
    'update strangler.relay set degraded_since = null, reason = null, recovering = false where module = $1',
    [module],
  );
}

/** Moves rows of the outbox into the report. */
async function report(q: Queryable, module: string, { from, to }: Range, why: string): Promise<void> {
  await q.query(
    `with gone as materialized (
       select id, table_name, pk, key from strangler.outbox_changes
       where module = $1 and strangler.bucket($1, key) >= $2 and strangler.bucket($1, key) < $3
     ), reported as (
       insert into strangler.given_up (module, id, table_name, pk, key, why) select $1, id, table_name, pk, key, $4 from gone
       on conflict do nothing
     )
     select strangler.detach_changes($1, array(select id from gone), false)`,
    [module, from, to, why],
  );
}
