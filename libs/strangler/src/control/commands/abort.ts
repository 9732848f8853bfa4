import { nextStep } from '../terms/machine.js';
import { goalOf } from '../reconcile/decide.js';
import { RefusedError } from '../terms/refused.js';
import { PlainBody } from './bodies.js';
import { command } from './command.js';
import { abortable, requireAlive } from './preconditions.js';
import { placeAt, wants } from './steering.js';

/** Takes back what is under way, and stays in the last phase in which the module rested. */
export const abort = command({
  body: PlainBody,
  steers: true,
  plan: (context) => {
    const { row, at, verifying, held, actor } = context;
    const { transition } = row;
    requireAlive(context);
    if (transition && !abortable.has(transition.step.kind)) {
      throw new RefusedError(
        `the step under way (${transition.step.kind}) can only be ended, not taken back; wait for it`,
      );
    }
    const place = placeAt(row.phase, at.percent);
    const idle = nextStep(at, goalOf(row)) === undefined;
    if (!transition && idle && !verifying) throw new RefusedError(`nothing is under way in ${row.module}`);
    const words = transition ? [takenBack(transition.step.kind)] : [];
    if (verifying) words.push('verify is stopped');
    // The file still wants it elsewhere: it stays until somebody resumes it.
    const file = held ? { paused: 'all' as const, pauseReason: `aborted by ${actor}` } : {};
    return {
      goal: place,
      plan: [...words, `${row.module} stays in phase ${row.phase}`],
      change: {
        wanted: held ? row.wanted : wants(context, place.phase, place.percent),
        override: null,
        ...(transition && { transition: { ...transition, aborted: true } }),
        ...file,
      },
      begins: true,
    };
  },
  effect: async ({ verifications }, { row, verifying }) => {
    if (verifying) await verifications.cancel(row.module);
  },
});

const takenBack = (step: string): string =>
  step === 'capture'
    ? 'capture is stopped on both sides'
    : 'the hand-off is taken back; if the new owner owns already, it is ended instead';
