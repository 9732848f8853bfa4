import { subjectOf, type Subject } from '../conditions/advice.js';
import { blocking, gatesFor, gateSentence, isVerifyDue, speaking, type Gate } from '../conditions/gates.js';
import { after, inWords, nextStep, rank, type Goal } from '../terms/machine.js';
import { goalOf } from '../reconcile/decide.js';
import { RefusedError } from '../terms/refused.js';
import { SteeringBody } from './bodies.js';
import { command, type Place } from './command.js';
import { requireAlive, requireIdle, requireUnheld } from './preconditions.js';
import { ending, onward, placeAt, wants } from './steering.js';

/** One step further out: what only holds is overridden, what fails is not. */
export const advance = command({
  body: SteeringBody,
  steers: true,
  plan: (context) => {
    const { row, at, observed, actor } = context;
    requireAlive(context);
    requireIdle(context);
    const subject = subjectOf(row, context.advice);
    const out: Goal = { phase: 'extracted', percent: null, ramp: row.settings.ramp, direct: false };
    const step = nextStep(at, rank(row.wanted.phase) > rank(row.phase) ? goalOf(row) : out);
    if (!step || step.kind === 'decommission') {
      throw new RefusedError(`${row.module} is extracted; the one step further: ${ending(subject)}`);
    }
    const next = after(at, step);
    const goal = placeAt(next.phase, next.percent);
    // To open the gate of a step that is wanted anyway does not go against the file.
    const farther = row.paused === null && leadsTo(row.wanted, goal);
    if (!farther) requireUnheld(context, `advance ${row.module}`);
    const gates = gatesFor(at, step, observed, row.settings);
    const opened = overridable(gates, subject);
    const words = [
      ...opened.map((name) => `the gate "${name}", which has too little data, is overridden`),
      ...(gates.some(isVerifyDue) ? ['compare all rows of both sides first'] : []),
    ];
    return onward(context, {
      plan: [...words, inWords(at, step)],
      change: {
        wanted: farther ? row.wanted : wants(context, goal.phase, goal.percent),
        override: opened.length > 0 ? { gates: opened, actor } : null,
        paused: null,
        pauseReason: null,
      },
      begins: true,
      goal,
    });
  },
});

/** Whether the way to what is wanted leads through a place, or to it. */
const leadsTo = (wanted: Place, { phase, percent }: Place): boolean =>
  wanted.phase === phase ? (wanted.percent ?? 100) >= (percent ?? 0) : rank(wanted.phase) > rank(phase);

/** The gates that have to be overridden. @throws {RefusedError} when one cannot be. A verify that has not been is run first. */
function overridable(gates: readonly Gate[], subject: Subject): string[] {
  const firm = blocking(
    gates,
    gates.map(({ name }) => name),
  );
  const worst = speaking(firm.filter((gate) => !isVerifyDue(gate)));
  if (worst)
    throw new RefusedError(`the gate "${worst.name}" cannot be overridden: ${gateSentence(worst, subject)}`);
  return blocking(gates, []).flatMap((gate) => (isVerifyDue(gate) ? [] : [gate.name]));
}
