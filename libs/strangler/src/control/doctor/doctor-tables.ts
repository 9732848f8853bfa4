import { gapInWords, differences } from '../../engine/ownership/table-problems.js';
import { otherSide, sides } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { Examiner, Found } from './examiner.js';

/** Tables whose changes may not be on the other side, and tables that differ. */
export const tables: Examiner = ({ row, observed: { states } }) => {
  if (row.transition) return [];
  const { monolith, extracted } = states;
  return [
    ...gaps(states),
    ...others(differences({ monolith: monolith?.tables, extracted: extracted?.tables })),
  ];
};

function gaps(states: Parameters<Examiner>[0]['observed']['states']): Found[] {
  return sides.flatMap((side) => {
    const state = states[side];
    return (state?.tables ?? []).flatMap(({ table, gap }): Found[] => {
      if (gap === null) return [];
      const problem = gapInWords(side, table, gap);
      const comes = gap === 'awaits' && copies(states[otherSide(side)], table);
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

const copies = (state: SideState | null | undefined, table: string): boolean =>
  (state?.outgoing.backfill ?? []).some((each) => each.table === table && !each.done);

const others = (found: readonly string[]): Found[] =>
  found.map((problem) => ({
    problem,
    meaning: 'no hand-off begins; rows that have what the other side lacks wait in the outbox',
    remedy: 'as it says; then it goes on by itself',
  }));
