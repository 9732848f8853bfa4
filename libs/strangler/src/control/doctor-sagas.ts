import { sides } from '../phase.js';
import { strandedInWords } from '../saga/stranded.js';
import type { Examiner, Patient } from './examiner.js';

/** Sagas that nobody carries on, for no process of their side knows the step at which they stand. */
export const sagas: Examiner = ({ row: { module }, observed: { states } }) =>
  strandedOn(states, module).map(({ side, problem }) => ({
    problem,
    meaning: 'they are left as they are: what they have done stays, and the rest is not done',
    remedy: `start a process of ${side} of the release that has begun them, beside those that run; or a release whose saga keeps that definition in \`earlier\``,
  }));

/** Of both sides, in words. */
export const strandedOn = (states: Patient['observed']['states'], module: string) =>
  sides.flatMap((side) =>
    (states[side]?.stranded ?? []).map((each) => ({
      side,
      problem: `${strandedInWords(module, each)} (${side})`,
    })),
  );
