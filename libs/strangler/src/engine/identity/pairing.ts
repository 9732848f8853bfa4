import type { Database } from '../../database/database.js';
import { taken } from './conclude.js';
import { takePosition } from './conclusion-sql.js';
import type { Standpoint } from './standing.js';
import { standpointIn } from './standpoint-in.js';

/**
 * Comes to know the other side's database, which it has been asked about itself. Whoever owns everything is proven by that, and its copy
 * is whole; the other one takes over where the owner stands, and is to be filled. @throws when the peer is another one already.
 */
export async function pair(database: Database, module: string, told: Standpoint): Promise<void> {
  await database.transaction(async (q) => {
    await q.query('select from strangler.ownership where module = $1 for update', [module]);
    const mine = await standpointIn(q, module);
    const known = knows(mine, told, module);
    await q.query(
      `update strangler.ownership set peer = $2, peer_home = $3, peer_start = $4, standing = null, home = strangler.home(),
         known_as = null, peer_since = case when $5 then peer_since else clock_timestamp() end,
         proven_start = strangler.server_start(), proven_by = 'peer'
       where module = $1`,
      [module, told.database, told.home, told.start, known],
    );
    const owns = mine.side === 'monolith';
    await q.query(
      `insert into strangler.applied as a (module, life, complete) values ($1, case when $2 then 1 end, $2)
       on conflict (module) do update set life = case when $2 then coalesce(a.life, 1) end, complete = $2`,
      [module, owns],
    );
    await q.query(
      `insert into strangler.relay as r (module, term) values ($1, $2)
       on conflict (module) do update set term = greatest(r.term, excluded.term), refused = null`,
      [module, told.applied.term],
    );
    if (!owns) await takePosition(q, module, taken(mine, told), 'the copy begins anew');
  });
}

/** Whether it is the peer already. @throws when another one is, and this side is bound to that. */
function knows(mine: Standpoint, told: Standpoint, module: string): boolean {
  if (mine.database === told.database)
    throw new Error(
      `both sides of ${module} are the database ${mine.database}: one is a copy of the other; make it anew`,
    );
  const known = [told.database, told.knownAs].includes(mine.peer);
  if (mine.peer !== null && !known && !takesAnother(mine, told))
    throw new Error(`${module} of ${mine.database} belongs to ${mine.peer} since ${mine.peerSince}`);
  return known;
}

/**
 * A monolith that owns everything, and from which nothing is copied, is bound to no database: its service may get a new one, which has
 * never belonged to anybody.
 */
const takesAnother = (mine: Standpoint, told: Standpoint): boolean =>
  mine.side === 'monolith' &&
  !mine.capture &&
  mine.standing === null &&
  mine.extractedBelow === 0 &&
  mine.fenceFrom === null &&
  (told.peer === null || told.peer === mine.database);
