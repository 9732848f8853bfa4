import type { Rules } from './rules.js';
import { waiting, type Side, type State } from './state.js';

/**
 * Rows that leave the outbox without being stored stay in a report. Their waiters find them there: they belong to no start any more,
 * and the outcome of their write is not known.
 */
export function reporting<T>(state: State, side: Side, rules: Rules, change: () => T, parked = 0): T {
  const database = state.databases[side];
  const before = database.outbox.map((row) => ({ ...row }));
  const result = change();
  for (const { id, keys } of before) {
    const here = database.outbox.reduce((mask, row) => (row.id === id ? mask | row.keys : mask), 0);
    const gone = keys & ~here;
    if (gone === 0) continue;
    database.report.push({ id, keys: gone, parked });
    if (!rules.reported || parked) continue;
    for (const write of state.writes)
      if (write.state === waiting && write.side === side && write.id === id) write.start = 0;
  }
  return result;
}
