import type { GateView } from 'nestjs-strangler';
import {
  errorShare,
  judge,
  mismatchShare,
  slowness,
  slowShare,
  type Calls,
  type Comparisons,
  type GateLimits,
  type Measure,
  type RouteWish,
  type Upstream,
} from 'nestjs-strangler/internal';
import type { Standing } from './choose.js';
import { awaitedApprovals, wayTo } from './ramp.js';

/** What was seen of a route since its present share was reached. */
export interface RouteEvidence {
  /** How long it has been gathered, in ms. */
  ageMs: number;
  calls: Readonly<Record<Upstream, Calls>>;
  /** Of the last ten seconds. */
  recent: Readonly<Record<Upstream, Calls>>;
  /** Copies of GETs whose answers were compared. */
  shadow: Comparisons;
}

/** A gate of a route, named and judged as those of modules (docs/strangler-yaml.md). */
export interface RouteGate extends GateView {
  name: 'shadow mismatches' | 'error rate' | 'p99 ratio' | 'bake' | 'approval';
}

/** What gates need to know of where a route is, and is to go. */
interface Walking extends Standing {
  wanted: { percent: number };
  /** Shares that a person has approved. */
  approved: readonly number[];
}

type Settings = Pick<RouteWish, 'gates' | 'bakeMs' | 'shadow' | 'ramp' | 'approve'>;
type Seen = [at: Walking, settings: Settings, evidence: RouteEvidence];

interface GateRow {
  name: RouteGate['name'];
  /** A failure takes the route back by itself, also where no step is wanted. */
  watch: boolean;
  /** Whether there is anything to measure. */
  applies: (...seen: Seen) => boolean;
  look: (...seen: Seen) => Omit<RouteGate, 'name' | 'why'>;
  /** What it says, in a sentence's part. */
  words: (gate: RouteGate) => string;
}

const isShifting = ({ phase }: Walking): boolean => phase === 'shifting';
const isCompared = ({ percent }: Walking, { shadow }: Settings): boolean => shadow > 0 && percent < 100;

/** Every gate of a route. */
const table: readonly GateRow[] = [
  {
    name: 'shadow mismatches',
    watch: false,
    applies: isCompared,
    look: (_at, { gates }, { shadow }) => measured(mismatchShare(shadow), gates.mismatchRate, gates),
    words: measuredInWords(
      'compared answers',
      (gate) => `${share(gate.value)} of the compared answers differ`,
    ),
  },
  {
    name: 'error rate',
    watch: true,
    applies: isShifting,
    // At 100 % the old upstream has no requests left to be compared with.
    look: ({ percent }, { gates }, { calls, recent }) =>
      measured(errorShare(bySide(calls), bySide(recent), percent === 100), gates.errorRate, gates),
    words: measuredInWords(
      "new upstream's answers",
      (gate) => `${share(gate.value)} of the new upstream's answers fail`,
    ),
  },
  {
    name: 'p99 ratio',
    watch: true,
    applies: (at) => isShifting(at) && at.percent < 100,
    look: (_at, { gates }, { calls }) => ({
      ...measured(slowness(bySide(calls), gates.p99Ratio), slowShare, gates),
      limit: gates.p99Ratio,
    }),
    words: measuredInWords(
      'answers of both upstreams',
      (gate) => `${ratio(gate.value)} times as slow is the new upstream`,
      ratio,
    ),
  },
  {
    name: 'bake',
    watch: false,
    applies: (at, settings) => at.percent > 0 || isCompared(at, settings),
    look: (_at, { bakeMs }, { ageMs }) => known(ageMs, bakeMs, ageMs >= bakeMs),
    words: ({ limit, value }) => `${seconds(limit)} of watching; ${seconds(value ?? 0)} are over`,
  },
  {
    name: 'approval',
    watch: false,
    applies: (at, settings) => awaited(at, settings).length > 0,
    look: (at, settings) => known(Math.max(...awaited(at, settings)), 0, false),
    words: ({ value }) => `a person's approval of the step to ${value} %: approve`,
  },
];

/** What takes a route back by itself. */
export const watchGates = (...seen: Seen): RouteGate[] => gatesOf(({ watch }) => watch, seen);

/** What a step to a larger share waits for. Before the first one nobody has asked the new upstream but copies, if there are any. */
export const stepGates = (...seen: Seen): RouteGate[] =>
  gatesOf(({ watch }) => !watch || seen[0].percent > 0, seen);

const gatesOf = (counts: (row: GateRow) => boolean, seen: Seen): RouteGate[] =>
  table
    .filter((row) => counts(row) && row.applies(...seen))
    .map(({ name, look }) => ({ name, ...look(...seen), why: null }));

/** What a gate says, in a sentence's part. */
export const gateInWords = (gate: RouteGate): string =>
  table.find(({ name }) => name === gate.name)?.words(gate) ?? gate.name;

/** Of the next step. */
function awaited(at: Walking, { ramp, approve }: Settings): number[] {
  const [next = at.percent] = wayTo(at.percent, at.wanted.percent, ramp);
  return awaitedApprovals(at, next, approve);
}

const bySide = <T>({ legacy, new: next }: Readonly<Record<Upstream, T>>) => ({
  monolith: legacy,
  extracted: next,
});

/** Nothing was counted for it. */
const known = (value: number, limit: number, passes: boolean) => ({
  ...{ value, limit, samples: 1, probes: 0, customers: 0, needed: 1, confidence: null },
  state: passes ? ('pass' as const) : ('hold' as const),
});

function measured(measure: Measure, limit: number, { minSamples, confidence }: GateLimits) {
  const judged = judge([measure], { limit, minSamples, confidence });
  const samples = measure.now.n;
  return {
    ...{ value: measure.value, limit, samples, probes: 0, customers: samples },
    ...{ needed: judged.needed, confidence: judged.confidence, state: judged.state },
  };
}

type Failing = RouteGate & { value: number };

function measuredInWords(
  what: string,
  failing: (gate: Failing) => string,
  limitIn: (limit: number) => string = share,
): GateRow['words'] {
  return (gate) => {
    const { value, limit, samples, needed, state } = gate;
    return state === 'fail' && value !== null
      ? `${failing({ ...gate, value })} (limit ${limitIn(limit)}, of ${number(samples)})`
      : `${number(needed)} ${what}; there are ${number(samples)}`;
  };
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
function share(value: number): string {
  return `${Math.round(value * 10_000) / 100} %`;
}
function ratio(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}
function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
