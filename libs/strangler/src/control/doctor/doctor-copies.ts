import { otherSide, sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { Examiner, Found } from './examiner.js';
import { isAtHome } from '../store/module-row.js';
import { lacksRows, rowsOf } from '../conditions/whole.js';

/** Copies that lack something, and are filled anew. The first filling of `extracted` is a part of the way. */
export const copies: Examiner = ({ row, observed: { states } }) =>
  sides.flatMap((side) => {
    const state = states[side];
    const first =
      side === 'extracted' && (row.phase === 'dual-write' || row.transition?.step.kind === 'capture');
    if (!state || isAtHome(row) || first || !lacksRows(side, state)) return [];
    return [beingFilled(side, states[otherSide(side)])];
  });

function beingFilled(side: Side, owner: SideState | null): Found {
  const other = otherSide(side);
  const { copied, total } = rowsOf(owner?.outgoing.backfill ?? []);
  return {
    problem: `the copy on ${side} lacks something that ${other} has, and is filled anew: ${copied} of about ${total} rows`,
    meaning: `no hand-off begins; a failover to ${side} now would miss what has not come yet`,
    remedy: owner ? 'nothing: it goes on by itself' : `start ${other}: it goes on by itself`,
  };
}
