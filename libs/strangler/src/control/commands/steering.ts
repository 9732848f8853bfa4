import { policies, type Phase } from '../../routes/phase.js';
import { typed, type Subject } from '../conditions/advice.js';
import { after, inWords, planSteps, type Goal } from '../terms/machine.js';
import { goalOf } from '../reconcile/decide.js';
import type { ModuleRow, Wanted } from '../store/module-row.js';
import type { Accepted, CommandContext, Place } from './command.js';
import { rejoinFirst } from './rejoin-first.js';

/* What commands that say where a module is to go have in common. */

/** What an operator wants from now on. */
export const wants = (
  { observed, actor }: CommandContext,
  phase: Phase,
  percent: number | null = null,
): Wanted => ({ phase, percent, by: 'operator', actor, since: observed.now });

/** The share of a place, in percent; null: its phase has none. */
export const placeAt = (phase: Phase, percent: number): Place => ({
  phase,
  percent: policies[phase].byShare ? percent : null,
});

/** The way from here to there, in words. */
export function wayOf({ row, at }: CommandContext, goal: Goal): string[] {
  const words: string[] = row.transition
    ? [`the step under way (${row.transition.step.kind}) is ended first`]
    : [];
  let position = at;
  for (const step of planSteps(at, goal)) {
    words.push(inWords(position, step));
    position = after(position, step);
  }
  return words;
}

/** From now on the module is to go there. */
export function towards(context: CommandContext, wanted: Wanted): Accepted {
  const row: ModuleRow = { ...context.row, wanted };
  const { phase, percent } = wanted;
  return onward(context, {
    plan: wayOf(context, goalOf(row)),
    change: { wanted, paused: null, pauseReason: null, override: null },
    begins: true,
    goal: { phase, percent },
  });
}

/** What leads somewhere waits for what has to come first. */
export function onward(context: CommandContext, accepted: Accepted): Accepted {
  const first = rejoinFirst(context);
  return first === undefined ? accepted : { ...accepted, plan: [first, ...accepted.plan] };
}

/** The command that ends a module's move for good. */
export const ending = (subject: Subject): string =>
  typed(subject, 'decommission', `--confirm ${subject.module}`);
