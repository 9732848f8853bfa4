import type { Rules } from './rules.js';
import { waiting, type Side, type State } from './state.js';

/**
 * Rows that leave the outbox without being stored stay in a report. Their waiters find them there: they belong to no start any more,
 * and the outcome of their write is not known.
 */
export function reporting<T>(state: State, side: Side, rules: Rules, change: () => T): T {
  const keysOf = (wanted: number): number =>
    state.databases[side].outbox.reduce((mask, { id, keys }) => (id === wanted ? mask | keys : mask), 0);
  const waiters = state.writes.filter((write) => write.state === waiting && write.side === side);
  const before = waiters.map(({ id }) => keysOf(id));
  const result = change();
  if (!rules.reported) return result;
  waiters.forEach((write, index) => {
    if (keysOf(write.id) !== before[index]) write.start = 0;
  });
  return result;
}
