import type { Queryable } from '../../database/database.js';
import type { Claims } from './frame.js';

/**
 * Takes the proof from this side when the sender owns buckets that this side believes to be its own, at an epoch that is not older:
 * then an old dump was put back into this very database while its server ran on, or the other side was told to take over. (A new
 * start is found out by itself.) By hand-offs owners never overlap, and who got a bucket last is at the higher epoch. Returns whether
 * that has happened; then this side has to prove itself again.
 */
export async function revokeProof(
  on: Queryable,
  module: string,
  { side, epoch, below, fenceFrom, fenceTo, from }: Claims & { from: string },
): Promise<boolean> {
  const rows = await on.query(
    `update strangler.ownership o set proven_start = null, asks = true
     where module = $1 and o.standing is null and o.peer = $7 and o.side <> $2 and o.epoch <= $3
       and (o.side = 'monolith') = (o.extracted_below < $4) and o.extracted_below <> $4
       and exists (
         select from generate_series(least(o.extracted_below, $4), greatest(o.extracted_below, $4) - 1) bucket
         where strangler.owned_by(o, bucket) and not coalesce(bucket >= $5 and bucket < $6, false))
     returning module`,
    [module, side, epoch, below, fenceFrom, fenceTo, from],
    { prepared: true },
  );
  return rows.length > 0;
}
