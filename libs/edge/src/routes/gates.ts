import {
  errorShare,
  judge,
  mismatchShare,
  slowness,
  slowShare,
  type Calls,
  type Comparisons,
  type GateLimits,
  type GateView,
  type Measure,
  type RouteWish,
  type Upstream,
} from '#strangler';
import type { Standing } from './choose.js';

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
  name: 'bake' | 'shadow mismatches' | 'error rate' | 'p99 ratio';
}

type Settings = Pick<RouteWish, 'gates' | 'bakeMs' | 'shadow'>;

/** What takes a route back by itself. At 100 % the old upstream has no requests left to be compared with. */
export function watchGates(
  { phase, percent }: Standing,
  { gates }: Settings,
  evidence: RouteEvidence,
): RouteGate[] {
  if (phase === 'legacy') return [];
  const [calls, recent] = [bySide(evidence.calls), bySide(evidence.recent)];
  const errors = errorShare(calls, recent, percent === 100);
  return [
    measured('error rate', errors, gates.errorRate, gates),
    ...(percent < 100 ? [measured('p99 ratio', slowness(calls, gates.p99Ratio), slowShare, gates)] : []),
  ].map((gate) => (gate.name === 'p99 ratio' ? { ...gate, limit: gates.p99Ratio } : gate));
}

/** What a step to a larger share waits for. Before the first one nobody has asked the new upstream but copies, if there are any. */
export function stepGates(at: Standing, settings: Settings, evidence: RouteEvidence): RouteGate[] {
  const { gates, bakeMs, shadow } = settings;
  const compared = shadow > 0 && at.percent < 100;
  return [
    ...(compared
      ? [measured('shadow mismatches', mismatchShare(evidence.shadow), gates.mismatchRate, gates)]
      : []),
    ...(at.percent > 0 ? watchGates(at, settings, evidence) : []),
    ...(at.percent > 0 || compared ? [bake(evidence.ageMs, bakeMs)] : []),
  ];
}

const bySide = <T>({ legacy, new: next }: Readonly<Record<Upstream, T>>) => ({
  monolith: legacy,
  extracted: next,
});

const bake = (value: number, limit: number): RouteGate => ({
  name: 'bake',
  value,
  limit,
  ...{ samples: 1, probes: 0, customers: 0, needed: 1, confidence: null, why: null },
  state: value >= limit ? 'pass' : 'hold',
});

function measured(
  name: RouteGate['name'],
  measure: Measure,
  limit: number,
  { minSamples, confidence }: GateLimits,
): RouteGate {
  const { state, needed, confidence: sure } = judge([measure], { limit, minSamples, confidence });
  const samples = measure.now.n;
  return {
    ...{ name, value: measure.value, limit, samples, probes: 0, customers: samples },
    ...{ needed, confidence: sure, state, why: null },
  };
}

/** What a gate says, in a sentence's part. */
export function gateInWords({ name, value, limit, samples, needed, state }: RouteGate): string {
  if (name === 'bake') return `${seconds(limit)} of watching; ${seconds(value ?? 0)} are over`;
  if (state !== 'fail' || value === null) {
    return `${number(needed)} ${what[name]}; there are ${number(samples)}`;
  }
  const bad = name === 'p99 ratio' ? `${ratio(value)} times as slow is the new upstream` : '';
  const words = bad || `${share(value)} of the ${what[name]} ${name === 'error rate' ? 'fail' : 'differ'}`;
  return `${words} (limit ${name === 'p99 ratio' ? ratio(limit) : share(limit)}, of ${number(samples)})`;
}

const what = {
  'shadow mismatches': 'compared answers',
  'error rate': "new upstream's answers",
  'p99 ratio': 'answers of both upstreams',
} as const;
const number = (value: number): string => Math.round(value).toLocaleString('en-GB');
const share = (value: number): string => `${Math.round(value * 10_000) / 100} %`;
const ratio = (value: number): string => `${Math.round(value * 10) / 10}`;
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
