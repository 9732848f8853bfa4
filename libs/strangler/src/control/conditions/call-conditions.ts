import { typed, type Subject } from './advice.js';
import { counted, inMs, inNumbers, inPercent, inTimes } from '../terms/figures.js';
import type { NeedParts } from '../terms/need.js';
import { awaitedApprovals } from './approvals.js';
import { bakeMsNow } from './bake.js';
import { known, moments, uncounted, type Condition, type Judged } from './condition.js';
import { errorRateOf, mismatchesOf, p99RatioOf } from './measured.js';

/* What is seen of the new side before more is given to it. */

const sampled =
  'probes and customers, each by itself, since the step began or the last outage, at most an hour';

/** What was checked before the present step began says nothing of it. At 100 % the data of everything that has moved is compared once more. */
export const verifyGate: Condition = {
  gate: {
    settings: [],
    measures: 'rows that differ between both sides',
    over: 'all rows, compared since the step began',
    fails: 'any',
    before: ['to shadow', 'to shifting', 'decommission'],
    watched: (percent) => percent === 100,
    firm: true,
    timely: true,
    judge: ({ observed: { verified, stepSince } }) => {
      const fresh = verified.beganAt !== null && verified.beganAt >= stepSince;
      return known(fresh ? verified.differences : null, 0, 'fail');
    },
    words: ({ value }, subject) =>
      value === null
        ? { needs: 'both sides to be compared since this step began', has: 'no result yet' }
        : {
            needs: 'no differences',
            has: inNumbers(value),
            fact: `verify found ${inNumbers(value)} differences (limit 0)`,
            todo: "let the owner's rows win",
            command: typed(subject, 'verify', '--repair'),
          },
  },
};

/** Who still runs the module's code in the monolith. */
export const localUse: Condition = {
  gate: {
    settings: [],
    measures: 'operations that the monolith has served in the last five seconds',
    over: 'calls inside the monolith, before decommission',
    fails: 'any',
    before: ['decommission'],
    firm: true,
    judge: ({ observed }) => known(observed.localUse.length, 0, 'fail'),
    words: ({ value }, { module }) => ({
      needs: `no process that runs the code of ${module} in the monolith`,
      has: inNumbers(value ?? 0),
      todo: 'restart those that are older than its move',
    }),
  },
};

/** Share of the answers of both sides that differ. */
export const mismatchesGate: Condition = {
  gate: {
    settings: ['gates.mismatchRate', 'gates.minSamples', 'gates.confidence', 'gates.probes', 'shadowSample'],
    measures: 'share of the answers of both sides that differ; those that could not be compared are neither',
    over: sampled,
    fails: 'with mismatchRate 0 the first; else a share of which it is 99 % sure that it is larger',
    before: ['to shifting'],
    sampled: true,
    timely: true,
    judge: mismatchesOf,
    words: measuredInWords('compared reads', inPercent, 'of the compared reads differ', (subject) => ({
      todo: `see which (${typed(subject, 'mismatches')}), mend it, and let the gate begin anew`,
      command: typed(subject, 'mismatches', '--clear'),
    })),
  },
};

/** Share of the new side's calls that fail, less that of the old side's. At 100 % the old side has no calls left to be compared with. */
export const errorRate: Condition = {
  gate: {
    settings: ['gates.errorRate', 'gates.minSamples', 'gates.confidence', 'gates.probes'],
    measures:
      "share of the new side's calls that fail, less that of the old side's; at 100 % the share alone",
    over: `${sampled}; and the last ten seconds`,
    fails: 'a share of which it is 99 % sure that it is more than errorRate larger',
    before: [],
    watched: (percent) => percent > 0,
    sampled: true,
    timely: true,
    judge: errorRateOf,
    words: measuredInWords('calls of the new side', inPercent, "of the new side's calls fail", mendService),
  },
};

/** How many times slower the new side is at the 99th percentile. */
export const p99Ratio: Condition = {
  gate: {
    settings: ['gates.p99Ratio', 'gates.minSamples', 'gates.confidence', 'gates.probes'],
    measures:
      "share of the new side's calls that are slower than p99Ratio times the old side's 99th percentile (at least 25 ms)",
    over: `${sampled}; below 100 %`,
    fails: 'a share of which it is 99 % sure that it is more than 2 %',
    before: [],
    watched: (percent) => percent > 0 && percent < 100,
    sampled: true,
    timely: true,
    judge: p99RatioOf,
    words: measuredInWords('calls of both sides', inTimes, 'times as slow is the new side', mendService),
  },
};

/** How long a step has been watched. It only ever holds: time passes by itself. */
export const bake: Condition = {
  gate: {
    settings: ['bake', 'probeBake'],
    measures: 'how long the step has been watched, in ms, without an outage',
    over: 'the time since the step began or the last outage; probeBake while no customer calls, else bake',
    fails: 'nothing: it holds until the time is over',
    before: ['to shifting', 'next share'],
    timely: true,
    judge: ({ observed, settings }) => {
      const limit = bakeMsNow(observed, settings);
      const value = observed.evidence.ageMs;
      return { ...uncounted, value, limit, samples: 1, state: value >= limit ? 'pass' : 'hold' };
    },
    words: ({ value, limit }) => ({ needs: `${inMs(limit)} of watching`, has: inMs(value ?? 0) }),
  },
};

/** A share that waits for a person. Nobody overrides it: that is what approving is. */
export const approval: Condition = {
  gate: {
    settings: ['approve'],
    measures: 'the share that waits for a person',
    over: 'the next step',
    fails: 'nothing: it holds until strangler approve',
    before: moments,
    firm: true,
    timely: true,
    judge: ({ observed: { approved }, settings, at, step }) => {
      const shares = step ? awaitedApprovals(at, step, settings.approve) : [];
      const open = shares.filter((share) => !approved.includes(share));
      return shares.length === 0 ? null : known(Math.max(0, ...open), 0, 'hold');
    },
    words: ({ value }, subject) => ({
      needs: `a person's approval of the step to ${value} %`,
      has: 'none yet',
      todo: 'give it',
      command: typed(subject, 'approve'),
    }),
  },
};

function mendService({ module }: Subject): Partial<NeedParts> {
  return { todo: `see the log of the service of ${module}, and mend it` };
}

/** Of a gate that decides by what was measured: it holds until there is enough of it. */
export function measuredInWords(
  what: string,
  show: (value: number) => string,
  bad: string,
  mend: (subject: Subject) => Partial<NeedParts>,
): (judged: Judged, subject: Subject) => NeedParts {
  return (judged, subject) => {
    const { value, limit, needed, state, samples, probes } = judged;
    if (state !== 'fail' || value === null) {
      const ofProbes = probes > 0 ? ` (${counted(probes, 'probe')})` : '';
      return { needs: `${inNumbers(needed)} ${what}`, has: `${inNumbers(samples)}${ofProbes}` };
    }
    return {
      needs: `at most ${show(limit)}`,
      has: show(value),
      fact: `${show(value)} ${bad} (limit ${show(limit)}, of ${countedBy(judged)})`,
      ...mend(subject),
    };
  };
}

/** Those of which the figure is. */
const countedBy = ({ shownOf, probes, customers }: Judged): string =>
  shownOf === 'probe'
    ? counted(probes, 'probe')
    : counted(customers, 'call of customers', 'calls of customers');
