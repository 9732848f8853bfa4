import type { Action } from '../../src/control/commands/commands.js';
import type { Question } from './questions.js';

/** Something that an operator may do, by a button; left as it is, with a module. What is legal when, the admin API knows. */
export interface VerbButton<Verb extends string = Action['verb']> {
  verb: Verb;
  /** Words of the button. */
  label: string;
  /** What is meant by it, in the dialog. */
  meaning: string;
  /** Beside what the dialog asks for. */
  parameters?: object;
  /** It says where the module is to go: where the file steers, the file's line is changed. */
  steers?: true;
  /** The name of the module has to be typed. */
  typed?: true;
  /** It is meant however the module stands by then: what takes back or stops is not to be asked twice. */
  anyway?: true;
  /** Asked for in the dialog. */
  asks?: readonly Question[];
}

/** The way, step by step; always in sight. */
export const steps: readonly VerbButton[] = [
  {
    verb: 'run',
    label: 'Run',
    meaning: 'The controller moves the module out, step by step, gate by gate.',
    steers: true,
    asks: ['ramp', 'bake', 'minSamples'],
  },
  {
    verb: 'advance',
    label: 'Next step',
    meaning: 'One step, whatever the gates that only want more evidence say.',
    steers: true,
  },
  {
    verb: 'shift',
    label: 'Shift…',
    meaning: 'So many of the keys are to be owned by the extracted side.',
    steers: true,
    asks: ['percent'],
  },
  { verb: 'approve', label: 'Approve', meaning: 'A person has looked: the step that waits for one goes on.' },
  { verb: 'verify', label: 'Verify', meaning: 'Compares all rows of both sides.' },
];

export const pause: VerbButton = {
  verb: 'pause',
  label: 'Pause',
  meaning: 'No other step begins. Customers notice nothing.',
  anyway: true,
};
export const resume: VerbButton = { verb: 'resume', label: 'Resume', meaning: 'Steps begin again.' };

export const rollback: VerbButton = {
  ...{ verb: 'rollback', label: 'Roll back', steers: true, asks: ['to'], anyway: true },
  meaning: 'All keys go back to the monolith, with every row that was written meanwhile.',
};

/** What is seldom done, and seldom undone. */
export const rare: readonly VerbButton[] = [
  { verb: 'abort', label: 'Abort', meaning: 'The step under way is taken back.' },
  {
    ...{ verb: 'verify', label: 'Verify and repair', parameters: { repair: true } },
    meaning: 'Compares all rows of both sides, and sends again what differs.',
  },
  {
    verb: 'mismatches',
    label: 'Clear mismatches',
    meaning: 'Comparisons so far count no more.',
    parameters: { clear: true },
  },
  {
    ...{ verb: 'decommission', label: 'Decommission', typed: true },
    meaning: 'The last step: the monolith gives up its copy. The tables are kept under another name.',
  },
  {
    ...{ verb: 'decommission', label: 'Decommission and purge', typed: true, parameters: { purge: true } },
    meaning: 'The monolith drops what it has kept. There is no way back.',
  },
  {
    ...{
      verb: 'failover',
      label: 'Failover',
      typed: true,
      anyway: true,
      parameters: { iHaveFencedIt: true },
    },
    meaning:
      'The side that is left takes over. Only when the other one is lost, and you have made sure that it cannot write any more.',
  },
  {
    ...{ verb: 'rejoin', label: 'Rejoin', typed: true },
    meaning: 'A side that was given up comes back, and is filled anew by the other one.',
  },
  {
    ...{ verb: 'serve-unproven', label: 'Serve unproven', typed: true, parameters: { iHaveFencedIt: true } },
    meaning: 'A database that cannot show that it holds all takes writes again. What it lacks stays lost.',
  },
];
