import { tableProblems } from '../../engine/ownership/table-problems.js';
import { sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';

/** What a comparison of both sides stands on. */
export interface Footing {
  /** Why rows differ that are only on their way; empty: nothing does. */
  problems: string[];
  /** Another one once columns have changed, or the copying of a table was begun, on either side. */
  print: string;
}

/**
 * Whether all rows can be compared now. A table that is copied anew, for its columns have changed, is in no outbox, and looks like one that
 * differs. Pure.
 */
export function footingOf(states: Readonly<Record<Side, Pick<SideState, 'tables' | 'outgoing'>>>): Footing {
  const filling = sides.flatMap((side) =>
    states[side].outgoing.backfill
      .filter(({ done }) => !done)
      .map(({ table }) => `the table ${table} is being copied from ${side}`),
  );
  const told = sides.map((side) => ({
    tables: states[side].tables?.map(({ table, columns, types }) => [table, columns, types]),
    copied: states[side].outgoing.backfill.map(({ table, begunAt }) => [table, begunAt]),
  }));
  return {
    problems: [...tableProblems(states.monolith.tables, states.extracted.tables), ...filling],
    print: JSON.stringify(told),
  };
}
