import { sides } from '../../routes/phase.js';
import { laterWords } from '../../engine/ownership/migration-watch.js';
import type { Later } from '../../engine/ownership/unhurried.js';
import type { Examiner } from './examiner.js';

/** What ends each wait. */
const ends: Readonly<Record<Later, string>> = {
  taken:
    'end the process that does not get on with it: its session holds the row of strangler.owner_migration',
  behind: 'do what is said of the other side',
  locked:
    'end the transaction that holds the table or its rows (select pid, query from pg_stat_activity order by xact_start)',
  'handed over': 'do what is said of the hand-off',
  unproven: 'do what is said of the proof of this side',
};

/** Migrations of rows that do not get on (docs/schema-changes.md). */
export const migrations: Examiner = ({ observed: { states } }) =>
  sides.flatMap((side) => {
    const stuck = states[side]?.stuckMigration;
    if (!stuck) return [];
    const { name, stuckMs, problem, waitsFor } = stuck;
    const waiting = waitsFor ? `: it waits for ${laterWords[waitsFor]}` : '';
    return [
      {
        problem: `the owner migration "${name}" on ${side} has not got on for ${Math.round(stuckMs / 1_000)} s${problem === null ? waiting : `: ${problem}`}`,
        meaning: 'rows that this side owns have the old form; what comes after it must wait',
        remedy:
          problem === null
            ? `${waitsFor ? ends[waitsFor] : ends.locked}; then it goes on by itself`
            : 'mend what it sets, or the condition, in the next release (docs/schema-changes.md); then it goes on by itself',
      },
    ];
  });
