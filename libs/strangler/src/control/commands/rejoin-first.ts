import { otherSide, sides } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import type { CommandContext } from './command.js';
import { abortable } from './preconditions.js';
import { isOvertaken } from '../conditions/overtaken.js';

/** What comes before any step: a side that is no copy yet of the one that has everything. Undefined: nothing does. */
export function rejoinFirst({ row, at, observed: { states }, advice }: CommandContext): string | undefined {
  if (row.transition && !abortable.has(row.transition.step.kind)) return undefined;
  const marked = sides.find((each) => (states[each]?.standpoint.standing ?? null) !== null);
  const side = marked ?? (isOvertaken(row, at, states) ? 'monolith' : undefined);
  if (!side) return undefined;
  return `first let ${side} become the copy of ${otherSide(side)}, before which nothing moves: ${typed(subjectOf(row, advice), 'rejoin')}`;
}
