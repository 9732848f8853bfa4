import { buckets } from '../../routes/bucket.js';
import { sides } from '../../routes/phase.js';
import type { StateFigures } from '../store/state-windows.js';
import type { Position } from '../terms/machine.js';
import type { Observed } from './observed.js';

/** How the sides stand, of those that answer. Pure. */
export function stateFiguresOf(
  { below }: Pick<Position, 'below'>,
  { states }: Pick<Observed, 'states'>,
): StateFigures {
  const outgoing = sides.flatMap((side) => states[side]?.outgoing ?? []);
  const percent = (below * 100) / buckets;
  if (outgoing.length === 0) return { lagMs: null, pending: null, percent };
  return {
    lagMs: Math.max(...outgoing.map(({ lagMs }) => lagMs)),
    pending: outgoing.reduce((sum, { pending }) => sum + pending, 0),
    percent,
  };
}
