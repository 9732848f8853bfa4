import type { Absence } from './absence.js';
import { typed, type Subject } from './advice.js';
import { counted, inNumbers } from '../terms/figures.js';
import { endOf, writerInWords, type OldWriter } from '../../engine/ownership/old-writers.js';
import type { Side } from '../../routes/phase.js';
import { makeNeed, type Need, type NeedParts } from '../terms/need.js';

const absences: Readonly<Record<Absence['kind'], (subject: Subject, detail: string) => NeedParts>> = {
  nobody: ({ module, advice }) => {
    const [fact, command] = [`the service of ${module} is not there`, advice.start(module)];
    const sentence = command === null ? undefined : `${fact}: ${command}`;
    return {
      needs: `the service of ${module}`,
      has: 'nobody there',
      todo: 'start it',
      command,
      fact,
      sentence,
    };
  },
  silent: ({ module, advice }) => ({
    needs: `an answer of the service of ${module}`,
    has: 'none in time',
    fact: `the service of ${module} is there, and does not answer in time`,
    todo: 'look at its database and its log; if it hangs, stop it and start it again',
    command: advice.start(module),
  }),
  'no database': ({ module }, detail) => ({
    needs: `the database of the service of ${module}`,
    has: 'no answer',
    fact: `the service of ${module} cannot reach its database (${detail})`,
    todo: 'start the database; the service goes on by itself',
  }),
  foreign: ({ module, advice }, detail) =>
    // To start another one would make it three.
    detail.startsWith('two services answer')
      ? {
          needs: `one service of ${module}`,
          has: 'two',
          fact: detail,
          sentence: detail,
          todo: 'stop one of them',
        }
      : {
          needs: `a service of ${module} that belongs to this shop`,
          has: 'another one',
          fact: detail,
          todo: `start one on a database of its own; shops that share a NATS are kept apart by NAMESPACE`,
          command: advice.start(module),
        },
  failed: ({ module }, detail) => ({
    needs: `an answer of the service of ${module}`,
    has: 'an error',
    fact: `the service of ${module} answers with an error (${detail})`,
    todo: 'see its log',
  }),
  'no NATS': ({ advice }, detail) => ({
    needs: 'a connection to NATS',
    has: 'none',
    fact: detail,
    todo: advice.nats,
  }),
};

/** Why the service of a module cannot be asked, and what to do. */
export const absenceNeed = ({ kind, detail }: Absence, subject: Subject): Need =>
  makeNeed(`service: ${kind}`, absences[kind](subject, detail));

/** How a side is started that somebody cannot do without. */
export const startOf = (side: Side, { module, advice }: Subject): string => {
  const command = advice.start(module);
  if (side === 'monolith') return 'start the monolith and its database';
  return `start the service of ${module}, its database and NATS${command === null ? '' : ` (${command})`}`;
};

/** What a module can wait for besides its gates and its service. */
export const waits = {
  home: (detail: string) =>
    makeNeed('home', {
      needs: 'the database of the monolith',
      has: 'no answer',
      fact: `the database of the monolith does not answer (${detail})`,
      todo: 'start it; all else goes on by itself',
    }),
  unfit: (problems: readonly string[], what: 'start to move' | 'go on' = 'start to move') =>
    makeNeed('unfit', {
      needs: 'a module that may move',
      has: counted(problems.length, 'obstacle'),
      fact: `it cannot ${what}`,
      todo: problems.join('; '),
      sentence: `it cannot ${what}: ${problems.join('; ')}`,
    }),
  handOff: (problems: readonly string[], subject: Subject) =>
    makeNeed('hand-off', {
      needs: 'two sides that agree',
      has: problems.join('; '),
      fact: `no hand-off may begin: ${problems.join('; ')}`,
      todo: 'see what frees it',
      command: typed(subject, 'doctor'),
    }),
  oldWriters: (side: Side, writers: readonly OldWriter[]) =>
    makeNeed('old writers', {
      needs: `the end of transactions that write in this module on ${side}`,
      has: writers.map(writerInWords).join('; '),
      fact: `a fence would wait for a transaction on ${side}, and customers with it: ${writers.map(writerInWords).join('; ')}`,
      todo: `it goes on by itself once that has ended; to end it, there: ${writers.map(endOf).join('; ')}`,
    }),
  step: (step: string, doing: string | null) =>
    makeNeed('step', {
      needs: `the end of the step under way (${step})`,
      has: doing ?? 'begun',
      fact: `${step} is under way${doing === null ? '' : `: ${doing}`}`,
    }),
  stuck: (step: string, reason: string, subject: Subject) =>
    makeNeed('stuck', {
      needs: `the end of the step under way (${step})`,
      has: reason,
      fact: `${step} is stuck (${reason}) and is tried again`,
      todo: 'see what frees it',
      command: typed(subject, 'doctor'),
    }),
  takenBack: (step: string, reason: string, subject: Subject) =>
    makeNeed('taken back', {
      needs: `a ${step} that ends`,
      has: reason,
      fact: `the ${step} was taken back (${reason}) and is tried again`,
      todo: 'see what holds it up',
      command: typed(subject, 'doctor'),
    }),
  verifying: (done: number, total: number) =>
    makeNeed('verifying', {
      needs: 'both sides to be compared before the next step',
      has: total === 0 ? 'no rows yet' : `${inNumbers(done)} of ${inNumbers(total)} rows`,
    }),
  verifyBroke: (reason: string) =>
    makeNeed('verify broke off', {
      needs: 'both sides to be compared before the next step',
      has: reason,
      fact: `verify broke off (${reason}) and is tried again`,
    }),
  /** It went back by itself, and nothing but an operator lets it start again; or it was paused by one. */
  paused: (reason: string, onward: 'run' | 'resume', subject: Subject) =>
    makeNeed('paused', {
      needs: 'an operator who lets it go on',
      has: 'none yet',
      fact: `paused (${reason})`,
      todo: 'let it go on',
      command: typed(subject, onward),
    }),
  retired: (wanted: string, by: string) =>
    makeNeed('retired', {
      needs: 'nothing: from decommissioned there is no way back',
      has: `${by} wants ${wanted}`,
      fact: `${by} wants ${wanted}, and from decommissioned there is no way back`,
      todo: 'take its line out of the file',
    }),
  beginning: () =>
    makeNeed('beginning', {
      needs: 'a moment',
      has: 'all that it takes',
      fact: 'the next step begins in a moment',
    }),
};
