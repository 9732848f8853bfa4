import { sides } from '../../routes/phase.js';
import { laterWords } from '../../engine/ownership/migration-watch.js';
import type { Later } from '../../engine/ownership/unhurried.js';
import type { LatePruning } from '../../engine/pruning/pruner.js';
import type { Examiner } from './examiner.js';

/** What ends each wait. */
const ends: Readonly<Record<Later, string>> = {
  taken: 'end the process that does not get on with it: its session holds the row of strangler.pruning',
  behind: 'do what is said of the other side',
  locked: 'end the transaction that holds rows (select pid, query from pg_stat_activity order by xact_start)',
  'handed over': 'do what is said of the hand-off',
  unproven: 'do what is said of the proof of this side',
};

/** Records that should have been pruned long ago (docs/operations.md). */
export const pruning: Examiner = ({ observed: { states } }) =>
  sides.flatMap((side) =>
    (states[side]?.latePruning ?? []).map((late) => ({
      problem: `${side} has not pruned its ${late.what} to the end for ${hours(late)} h${whyOf(late)}`,
      meaning: 'what is older than it is to be kept is still there, and grows; nothing else waits for it',
      ...remedyOf(late),
    })),
  );

const hours = ({ lateMs }: LatePruning): number => Math.floor(lateMs / 3_600_000);

function whyOf({ problem, waitsFor }: LatePruning): string {
  if (problem !== null) return `: ${problem}`;
  return waitsFor ? `: it waits for ${laterWords[waitsFor]}` : '';
}

function remedyOf({ problem, waitsFor }: LatePruning): { remedy: string; byItself?: true } {
  if (problem !== null) return { remedy: 'mend what it says; then it goes on by itself' };
  if (waitsFor) return { remedy: `${ends[waitsFor]}; then it goes on by itself` };
  return { remedy: 'nothing to do: it goes on, 200 rows at a time', byItself: true };
}
