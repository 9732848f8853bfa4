import type { ClientBase } from 'pg';
import type { BatchRead } from './read-batch.js';

/**
 * The other side has stored the batch: deletes exactly its changes, and moves the backfill on. A leader of old may delete,
 * for its batch is stored; it may not move a backfill that another one carries on, or that was begun anew.
 */
export async function confirm(
  on: ClientBase,
  module: string,
  term: number,
  { ids, chunk }: Pick<BatchRead, 'ids' | 'chunk'>,
): Promise<void> {
  if (!chunk) {
    if (ids !== '{}') await on.query(deletion, [module, ids]);
    return;
  }
  const { position, upTo, last, kept } = chunk;
  await on.query(
    `with sent as (${deletion})
     update strangler.backfill b set after = coalesce($5::text[], after), copied = copied + $6, done = $7
     where module = $1 and table_name = $3 and started_at::text = $4 and after is not distinct from $8::text[]
       and exists (select from strangler.relay r where r.module = $1 and r.term = $9)`,
    [module, ids, position.table, position.startedAt, upTo, kept, last, position.after, term],
  );
}

/** The range keeps a plan that only filters by the ids, as PostgreSQL likes them, away from the rest of the outbox. */
const deletion = `
  delete from strangler.outbox
  where module = $1 and id = any($2::bigint[])
    and id between (select min(id) from unnest($2::bigint[]) id) and (select max(id) from unnest($2::bigint[]) id)`;
