import type { Rules } from './rules.js';
import { waiting, type Side, type State } from './state.js';

/**
 * Rows that leave the outbox without being stored stay in a report. Their waiters find them there: they belong to no start any more,
 * and the outcome of their write is not known.
 */
export function reporting<T>(state: State, side: Side, rules: Rules, change: () => T): T {
  const before = state.databases[side].outbox.map(({ id }) => id);
  const result = change();
  if (!rules.reported) return result;
  const after = state.databases[side].outbox.map(({ id }) => id);
  for (const write of state.writes) {
    const gone = before.includes(write.id) && !after.includes(write.id);
    if (write.state === waiting && write.side === side && gone) write.start = 0;
  }
  return result;
}
