import { sides } from '../phase.js';
import type { Examiner } from './examiner.js';

/** Migrations of rows that do not get on (docs/schema-changes.md). */
export const migrations: Examiner = ({ observed: { states } }) =>
  sides.flatMap((side) => {
    const stuck = states[side]?.stuckMigration;
    if (!stuck) return [];
    const { name, stuckMs, problem } = stuck;
    return [
      {
        problem: `the owner migration "${name}" on ${side} has not got on for ${Math.round(stuckMs / 1_000)} s${problem === null ? '' : `: ${problem}`}`,
        meaning: 'rows that this side owns have the old form; what comes after it must wait',
        remedy:
          problem === null
            ? 'do what is said of the other side, if it is behind; end the transaction that holds the rows (select pid, query from pg_stat_activity order by xact_start); then it goes on by itself'
            : 'mend what it sets in the next release; then it goes on by itself',
      },
    ];
  });
