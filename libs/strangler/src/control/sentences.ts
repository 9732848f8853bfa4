import type { Absence } from './conditions/absence.js';
import { typed, type Subject } from './commands/advice.js';
import type { GateName } from './conditions/gate-name.js';
import type { Gate } from './conditions/gates.js';
import { endOf, writerInWords, type OldWriter } from '../engine/ownership/old-writers.js';
import type { Side } from '../routes/phase.js';
import { makeNeed, type Need, type NeedParts } from './reconcile/need.js';

const number = (value: number): string => Math.round(value).toLocaleString('en-GB');
const ms = (value: number): string =>
  value < 1_000 ? `${Math.round(value)} ms` : `${Math.round(value / 100) / 10} s`;
const share = (value: number): string => `${Math.round(value * 10_000) / 100} %`;
const ratio = (value: number): string => `${Math.round(value * 10) / 10}`;
const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

type Words = (gate: Gate, subject: Subject) => NeedParts;

/** A gate of both sides' state, when one of them cannot be asked. Which, and what to do, is said before any gate. */
const unknown: NeedParts = {
  needs: 'both sides',
  has: 'one that cannot be asked',
  todo: 'start the other one',
};

const sampled = ({ samples, probes }: Gate): string =>
  `${number(samples)}${probes > 0 ? ` (${counted(probes, 'probe')})` : ''}`;

/** Those of which the figure is. */
const whose = ({ shownOf, probes, customers }: Gate): string =>
  shownOf === 'probe'
    ? counted(probes, 'probe')
    : counted(customers, 'call of customers', 'calls of customers');

/** A gate that decides by what was measured: it holds until there is enough of it. */
const measured =
  (
    what: string,
    show: (value: number) => string,
    bad: string,
    mend: (subject: Subject) => Partial<NeedParts>,
  ): Words =>
  (gate, subject) => {
    const { value, limit, needed, state } = gate;
    if (state !== 'fail' || value === null) return { needs: `${number(needed)} ${what}`, has: sampled(gate) };
    return {
      needs: `at most ${show(limit)}`,
      has: show(value),
      fact: `${show(value)} ${bad} (limit ${show(limit)}, of ${whose(gate)})`,
      ...mend(subject),
    };
  };

const mendService = ({ module }: Subject): Partial<NeedParts> => ({
  todo: `see the log of the service of ${module}, and mend it`,
});

const latency = measured('calls of both sides', ratio, 'times as slow is the new side', mendService);

/** What each gate waits for. */
const gateWords: Readonly<Record<GateName, Words>> = {
  lag: ({ value, limit }, subject) =>
    value === null
      ? unknown
      : {
          needs: `a lag of at most ${ms(limit)}`,
          has: ms(value),
          todo: 'wait; if it does not fall, look for what makes it slow',
          command: typed(subject, 'doctor'),
        },
  parked: ({ value }, subject) =>
    value === null
      ? unknown
      : {
          needs: 'no parked rows',
          has: number(value),
          fact: `${counted(value, 'parked row')} cannot be stored on the other side`,
          todo: 'see why',
          command: typed(subject, 'parked'),
        },
  degraded: ({ value }) =>
    value === null
      ? unknown
      : { needs: 'changes to be confirmed by the other side', has: 'some that are not (degraded)' },
  backfill: ({ value }) =>
    value === null
      ? { needs: 'the rows from before to be copied', has: 'none yet' }
      : { needs: 'all tables to be copied', has: `${number(value)} that are not yet` },
  outbox: ({ value }) => (value === null ? unknown : { needs: 'no change on its way', has: number(value) }),
  'local use': ({ value }, { module }) => ({
    needs: `no process that runs the code of ${module} in the monolith`,
    has: number(value ?? 0),
    todo: 'restart those that are older than its move',
  }),
  verify: ({ value }, subject) =>
    value === null
      ? { needs: 'both sides to be compared since this step began', has: 'no result yet' }
      : {
          needs: 'no differences',
          has: number(value),
          fact: `verify found ${number(value)} differences (limit 0)`,
          todo: "let the owner's rows win",
          command: typed(subject, 'verify', '--repair'),
        },
  'shadow mismatches': measured('compared reads', share, 'of the compared reads differ', (subject) => ({
    todo: `see which (${typed(subject, 'mismatches')}), mend it, and let the gate begin anew`,
    command: typed(subject, 'mismatches', '--clear'),
  })),
  'error rate': measured('calls of the new side', share, "of the new side's calls fail", mendService),
  'p99 ratio': latency,
  approval: ({ value }, subject) => ({
    needs: `a person's approval of the step to ${value} %`,
    has: 'none yet',
    todo: 'give it',
    command: typed(subject, 'approve'),
  }),
  bake: ({ value, limit }) => ({ needs: `${ms(limit)} of watching`, has: ms(value ?? 0) }),
};

/** What a gate that does not pass waits for. */
export const gateNeed = (gate: Gate, subject: Subject): Need =>
  makeNeed(`gate ${gate.name}`, gateWords[gate.name](gate, subject));

/** The same in one sentence. */
export const gateSentence = (gate: Gate, subject: Subject): string => gateNeed(gate, subject).sentence;

/** The gate to speak of: one that fails before one that holds; undefined: all pass. */
export const speaking = (gates: readonly Gate[]): Gate | undefined =>
  gates.find(({ state }) => state === 'fail') ?? gates.find(({ state }) => state === 'hold');

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
      has: total === 0 ? 'no rows yet' : `${number(done)} of ${number(total)} rows`,
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
