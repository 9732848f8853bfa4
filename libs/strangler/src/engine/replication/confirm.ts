import type { ClientBase } from 'pg';
import type { Position } from '../identity/position.js';
import type { BatchRead } from './read-batch.js';

/**
 * The other side has stored the batch: deletes exactly its changes, moves the backfill on, and writes down how far the copy has
 * come. Only by the current term, whose row is locked first: a leader of old, on a database that was put back since, would
 * delete rows that it has never sent. `lost`: a change that was sent is not here, and nobody has taken it away. `nothing`: it was a
 * heartbeat.
 */
export async function confirm(
  on: ClientBase,
  module: string,
  { term, seq }: Position,
  { ids, chunk }: Pick<BatchRead, 'ids' | 'chunk'>,
): Promise<'confirmed' | 'nothing' | 'another term' | 'lost'> {
  if (!chunk && ids === '{}') return 'nothing';
  const { sql, params } = chunk ? movingOn(chunk) : { sql: '', params: [] };
  const query = {
    // To plan it takes longer than to run it; a chunk is rare.
    ...(!chunk && { name: 'confirm' }),
    text: `with own_term as materialized (
       select from strangler.relay where module = $1 and term = $3 for update
     ), sent as materialized (
       select strangler.delete_changes($1, $2::bigint[]) from own_term
     )${sql}
     update strangler.relay set confirmed_term = $3, confirmed_seq = $4
     where module = $1 and exists (select from sent) returning module`,
    values: [module, ids, term, seq, ...params],
  };
  try {
    const { rows } = await on.query(query);
    return rows.length > 0 ? 'confirmed' : 'another term';
  } catch (error) {
    if ((error as { code?: string }).code === changeIsLost) return 'lost';
    throw error;
  }
}

/** Raised by `strangler.delete_changes`. */
const changeIsLost = 'SR435';

const movingOn = ({ position, upTo, last, kept }: NonNullable<BatchRead['chunk']>) => ({
  sql: `, copied as (
       update strangler.backfill b set after = coalesce($7::text[], after), copied = copied + $8, done = $9
       where module = $1 and table_name = $5 and started_at::text = $6 and after is not distinct from $10::text[]
         and exists (select from own_term)
     )`,
  params: [position.table, position.startedAt, upTo, kept, last, position.after],
});
