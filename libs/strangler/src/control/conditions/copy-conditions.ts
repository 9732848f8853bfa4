import { differences, gapInWords, tableProblems } from '../../engine/ownership/table-problems.js';
import { otherSide, policies, sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import { isAtHome } from '../store/module-row.js';
import type { Condition } from './condition.js';
import type { Found } from './finding.js';
import type { Observed } from './observed.js';
import { lacksRows, rowsOf } from './whole.js';

/* What each side has of the rows that the other one owns. */

/** Copies that lack something, and are filled anew. */
export const copies: Condition = {
  handOff: (states) =>
    sides.flatMap((from) => {
      const { life } = states[from].standpoint;
      const { appliedLife, complete } = states[otherSide(from)].standpoint;
      return appliedLife === life && complete ? [] : [`${otherSide(from)} is still being filled by ${from}`];
    }),
  doctor: ({ row, observed: { states } }) =>
    sides.flatMap((side) => {
      const state = states[side];
      // The first filling of `extracted` is a part of the way.
      const first =
        side === 'extracted' && (policies[row.phase].filling || row.transition?.step.kind === 'capture');
      if (!state || isAtHome(row) || first || !lacksRows(side, state)) return [];
      return [beingFilled(side, states[otherSide(side)])];
    }),
};

function beingFilled(side: Side, owner: SideState | null): Found {
  const other = otherSide(side);
  const { copied, total } = rowsOf(owner?.outgoing.backfill ?? []);
  return {
    problem: `the copy on ${side} lacks something that ${other} has, and is filled anew: ${copied} of about ${total} rows`,
    meaning: `no hand-off begins; a failover to ${side} now would miss what has not come yet`,
    remedy: owner ? 'nothing: it goes on by itself' : `start ${other}: it goes on by itself`,
  };
}

/** Tables whose changes may not be on the other side, and tables that differ. */
export const tables: Condition = {
  handOff: ({ monolith, extracted }) => tableProblems(monolith.tables, extracted.tables),
  doctor: ({ row, observed: { states } }) => {
    if (row.transition) return [];
    const { monolith, extracted } = states;
    const differing = differences({ monolith: monolith?.tables, extracted: extracted?.tables });
    return [...gaps(states), ...differing.map(differs)];
  },
};

function gaps(states: Observed['states']): Found[] {
  return sides.flatMap((side) => {
    const state = states[side];
    return (state?.tables ?? []).flatMap(({ table, gap }): Found[] => {
      if (gap === null) return [];
      const problem = gapInWords(side, table, gap);
      const comes = gap === 'awaits' && isCopying(states[otherSide(side)], table);
      if (comes || (gap !== 'triggers' && gap !== 'awaits')) {
        const remedy = gap === 'missing' ? 'run the migration that makes it' : 'nothing to do';
        return [
          { problem, meaning: 'no hand-off begins', remedy, ...(gap !== 'missing' && { byItself: true }) },
        ];
      }
      return [
        {
          problem,
          meaning: `what was written meanwhile may be missing on the other side; no hand-off begins, and of what ${otherSide(side)} owns nothing is deleted here`,
          remedy: 'capture it anew, and let each side copy once more what it owns',
          repair: { kind: 'capture anew', side, epoch: state!.ownership.epoch },
        },
      ];
    });
  });
}

const isCopying = (state: SideState | null, table: string): boolean =>
  (state?.outgoing.backfill ?? []).some((each) => each.table === table && !each.done);

const differs = (problem: string): Found => ({
  problem,
  meaning: 'no hand-off begins; rows that have what the other side lacks wait in the outbox',
  remedy: 'as it says; then it goes on by itself',
});
