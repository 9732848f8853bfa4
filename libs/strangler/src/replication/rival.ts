import type { Queryable } from '../database.js';
import type { Claims } from './frame.js';

/**
 * Fences this side as a whole when the sender owns buckets that this side believes to be its own, at an epoch that is not
 * older: then this database was put back from a backup of itself. By hand-offs owners never overlap, and who got a bucket
 * last is at the higher epoch. The row counts as a copy's until an operator frees it. Returns whether that has happened.
 */
export async function giveWay(
  on: Queryable,
  module: string,
  { side, epoch, below, fenceFrom, fenceTo }: Claims,
): Promise<boolean> {
  const rows = await on.query(
    `update strangler.ownership o set fence_from = 0, fence_to = 10000, home = 'restored in place'
     where module = $1 and o.side <> $2 and o.epoch <= $3
       and (o.side = 'monolith') = (o.extracted_below < $4) and o.extracted_below <> $4
       and exists (
         select from generate_series(least(o.extracted_below, $4), greatest(o.extracted_below, $4) - 1) bucket
         where strangler.owned_by(o, bucket) and not coalesce(bucket >= $5 and bucket < $6, false))
     returning module`,
    [module, side, epoch, below, fenceFrom, fenceTo],
  );
  return rows.length > 0;
}
