import type { Queryable } from '../../database/database.js';
import type { Standpoint } from './standing.js';

export const startText = (sql: string): string => `strangler.start_text(${sql})`;
const position = (term: string, seq: string): string =>
  `case when ${term} is not null then json_build_object('term', ${term}, 'seq', ${seq}) end`;

/** One statement, so one snapshot, but for rows that are locked. */
const standpoint = `
  select json_build_object(
    'database', strangler.database_id(), 'home', strangler.home(), 'moved', o.home <> strangler.home(), 'knownAs', o.known_as,
    'start', ${startText('strangler.server_start()')},
    'peer', o.peer, 'peerHome', o.peer_home, 'peerSince', ${startText('o.peer_since')}, 'peerStart', ${startText('o.peer_start')},
    'provenBy', case when o.proven_start = strangler.server_start() then o.proven_by end,
    'proven', strangler.is_proven(o), 'side', o.side, 'capture', o.capture, 'epoch', o.epoch, 'extractedBelow', o.extracted_below,
    'fenceFrom', o.fence_from, 'fenceTo', o.fence_to, 'standing', o.standing,
    'term', coalesce(r.term, 0), 'life', coalesce(r.life, 0), 'confirmed', ${position('r.confirmed_term', 'r.confirmed_seq')},
    'appliedLife', a.life, 'applied', json_build_object('term', coalesce(a.term, 0), 'seq', coalesce(a.seq, 0)),
    'complete', coalesce(a.complete, false)
      and not exists (select from strangler.captured_table t where t.module = o.module and t.awaits is not null),
    'pruned', json_build_object('term', coalesce(a.pruned_term, 0), 'seq', coalesce(a.pruned_seq, 0)),
    'received', coalesce((select json_agg(json_build_object('term', term, 'seq', seq, 'ids', ids) order by term, seq)
      from strangler.received where module = o.module), '[]')
  ) as standpoint
  from strangler.ownership o left join strangler.relay r using (module) left join strangler.applied a using (module)
  where o.module = $1`;

/** Where one database stands with a module. @throws when the module has no row there. */
export async function standpointIn(on: Queryable, module: string): Promise<Standpoint> {
  // Asked some times a second, and to plan it takes longer than to run it.
  const [row] = await on.query<{ standpoint: Standpoint }>(standpoint, [module], { prepared: true });
  if (!row) throw new Error(`${module} has no row in strangler.ownership`);
  return row.standpoint;
}
