import { buckets } from '../../routes/bucket.js';
import type { Database, Queryable } from '../../database/database.js';
import { locking } from '../ownership/ownership.js';
import { otherSide } from '../../routes/phase.js';
import { fillAnew } from '../replication/backfill.js';
import type { MovingTable } from '../../database/tables.js';
import { isEmpty, ownedBy } from '../identity/standing.js';
import { standpointIn } from '../identity/standpoint-in.js';

/* What is done on an operator's word: one side owns everything from then on. */

/** A database that was put back does not know how many hand-offs it has forgotten: this is beyond them. */
const leap = 1_000_000;

/** The epoch of a side that has taken over. */
export const reachedBy = (epoch: number): number => epoch + leap;

/** Whether a side has ever taken over on an operator's word: hand-offs alone do not come so far. */
export const isBeyondTakeOver = (epoch: number): boolean => epoch >= leap;

/**
 * An operator's word: this side owns everything, without asking the other one, at an epoch that nothing of before can reach. Done
 * again it changes nothing. False: the row is at another epoch. `tables`: what the other side is filled with when it is back, where
 * capture goes on: it may have rows that nobody else has seen.
 */
export function takeOver(
  database: Database,
  module: string,
  { epoch, tables }: { epoch: number; tables: readonly Pick<MovingTable, 'name' | 'sql'>[] },
): Promise<boolean> {
  return database.transaction(async (q) => {
    const rows = await q.query<{ first: boolean; capture: boolean }>(
      `update strangler.ownership o set epoch = $3, extracted_below = case side when 'extracted' then ${buckets} else 0 end,
         fence_from = null, fence_to = null, standing = null, home = strangler.home(), peer_start = null,
         proven_start = strangler.server_start(), proven_by = 'operator'
       from (select epoch from strangler.ownership where module = $1 for update) before
       where o.module = $1 and before.epoch in ($2, $3) returning before.epoch = $2 as first, o.capture`,
      [module, epoch, reachedBy(epoch)],
    );
    if (rows[0]?.first) await leapAhead(q, module);
    if (rows[0]?.first) await awaitNothing(q, module);
    if (rows[0]?.first && rows[0].capture) await fillAnew(q, module, tables);
    return rows.length > 0;
  });
}

/** Who owns all has no rows of others: what was not sent by then is given up, and nobody will send it. */
async function awaitNothing(q: Queryable, module: string): Promise<void> {
  await q.query('update strangler.captured_table set awaits = null where module = $1', [module]);
}

/**
 * What the other side has stored, or has sent, that this database knows nothing of, was given up with it: it is sent to, and listened
 * to, in lives that nothing of before can reach. Else its answer to a hello would show a loss that was agreed to.
 */
async function leapAhead(q: Queryable, module: string): Promise<void> {
  await q.query('update strangler.relay set term = term + $2, life = life + $2 where module = $1', [
    module,
    leap,
  ]);
  await q.query(
    'update strangler.applied set life = coalesce(life, 0) + $2, complete = true where module = $1',
    [module, leap],
  );
}

/** Lets the other side take over; false: this side was not put back, and is no copy at that epoch. Done again it changes nothing. */
export async function giveUp(database: Database, module: string, epoch: number): Promise<boolean> {
  const rows = await database.query(
    `update strangler.ownership set epoch = $2, standing = 'given up' where module = $1 and standing is not null and epoch <= $2
     returning module`,
    [module, epoch],
  );
  if (rows.length > 0) return true;
  const mine = await standpointIn(database, module);
  return mine.epoch === epoch && isEmpty(ownedBy(mine.side, mine.extractedBelow));
}

/**
 * Owns everything, if everything is here, and begins a life of the copy. Done again it changes nothing. That it is at this epoch says
 * only that it has heard of it: a proof takes over the higher epoch.
 */
export function takeWhole(
  database: Database,
  module: string,
  { epoch, tables }: { epoch: number; tables: readonly MovingTable[] },
): Promise<boolean> {
  const all = `case o.side when 'extracted' then ${buckets} else 0 end`;
  const { sql, params } = locking(module);
  return database.transaction(async (q) => {
    await q.query(sql, params);
    const rows = await q.query(
      `update strangler.ownership o set epoch = $2, extracted_below = ${all}, fence_from = null, fence_to = null
       where module = $1 and capture and strangler.is_proven(o)
         and (epoch < $2 or epoch = $2 and (extracted_below <> ${all} or fence_from is not null))
         and (extracted_below = ${all}
           or exists (select from strangler.applied a where a.module = o.module and a.complete and a.life is not null)
             and not exists (select from strangler.captured_table t where t.module = o.module and t.awaits is not null))
       returning module`,
      [module, epoch],
    );
    if (rows.length > 0) {
      await awaitNothing(q, module);
      await fillAnew(q, module, tables);
      return true;
    }
    const mine = await standpointIn(q, module);
    return mine.epoch === epoch && isEmpty(ownedBy(otherSide(mine.side), mine.extractedBelow));
  });
}
