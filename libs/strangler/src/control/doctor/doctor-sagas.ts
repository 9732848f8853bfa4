import { sides } from '../../routes/phase.js';
import { placeInWords, strandedInWords } from '../../calls/sagas/stranded.js';
import type { Examiner, Patient } from './examiner.js';

/** Sagas that nobody carries on, for no process of their side knows the step at which they stand. */
export const examineStrandedSagas: Examiner = ({ row: { module }, observed: { states } }) =>
  strandedOn(states, module).map(({ side, problem }) => ({
    problem,
    meaning: 'they are left as they are: what they have done stays, and the rest is not done',
    remedy: `start a process of ${side} of the release that has begun them, beside those that run; or a release whose saga keeps that definition in \`earlier\``,
  }));

/** Sagas that are tried for minutes: a service or a provider is away, or gives no answer. */
export const examineLateSagas: Examiner = ({ row: { module }, observed: { states } }) =>
  sides.flatMap((side) =>
    (states[side]?.lateSagas ?? []).map((late) => ({
      problem: `${placeInWords(module, late)}: not over after ${Math.round(late.ageMs / 60_000)} min (${side})`,
      meaning:
        'the step is tried again, at least once a minute; of a call outside nobody knows yet what came of it, and its result is written down as soon as there is one',
      remedy: `see the log of ${side} for what it waits for (a module, a provider), and mend that: it goes on by itself`,
    })),
  );

/** Of both sides, in words. */
export const strandedOn = (states: Patient['observed']['states'], module: string) =>
  sides.flatMap((side) =>
    (states[side]?.stranded ?? []).map((each) => ({
      side,
      problem: `${strandedInWords(module, each)} (${side})`,
    })),
  );
