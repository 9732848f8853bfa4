import type { GateName } from './gate-name.js';

/** A gate, for people: the reference page is compared with this. */
export interface GateEntry {
  /** As `status` and the history name it. */
  name: GateName;
  /** The settings that say where its limit is; empty: it has none. */
  settings: readonly string[];
  /** What it measures. */
  measures: string;
  /** Over what. */
  over: string;
  /** What fails it; what only holds it never does. */
  fails: string;
}

const sides = 'the state of both sides at each look';
const both = 'probes and customers, each by itself, since the step began or the last outage, at most an hour';

/** Every gate. */
export const gateTable: readonly GateEntry[] = [
  {
    name: 'lag',
    settings: ['gates.lagMs'],
    measures: 'age of the oldest change that the other side does not have, in ms',
    over: sides,
    fails: 'more than lagMs',
  },
  { name: 'parked', settings: [], measures: 'rows that can never be applied', over: sides, fails: 'any' },
  {
    name: 'degraded',
    settings: [],
    measures: 'sides whose changes are not confirmed',
    over: sides,
    fails: 'nothing: it holds until they are',
  },
  {
    name: 'backfill',
    settings: [],
    measures: 'tables whose rows of before are still being copied',
    over: sides,
    fails: 'nothing: it holds until they are',
  },
  {
    name: 'outbox',
    settings: [],
    measures: 'changes that are on their way',
    over: sides,
    fails: 'nothing: it holds until there are none',
  },
  {
    name: 'local use',
    settings: [],
    measures: 'operations that the monolith has served in the last five seconds',
    over: 'calls inside the monolith, before decommission',
    fails: 'any',
  },
  {
    name: 'verify',
    settings: [],
    measures: 'rows that differ between both sides',
    over: 'all rows, compared since the step began',
    fails: 'any',
  },
  {
    name: 'shadow mismatches',
    settings: ['gates.mismatchRate', 'gates.minSamples', 'gates.confidence', 'gates.probes', 'shadowSample'],
    measures: 'share of the answers of both sides that differ; those that could not be compared are neither',
    over: both,
    fails: 'with mismatchRate 0 the first; else a share of which it is 99 % sure that it is larger',
  },
  {
    name: 'error rate',
    settings: ['gates.errorRate', 'gates.minSamples', 'gates.confidence', 'gates.probes'],
    measures:
      "share of the new side's calls that fail, less that of the old side's; at 100 % the share alone",
    over: `${both}; and the last ten seconds`,
    fails: 'a share of which it is 99 % sure that it is more than errorRate larger',
  },
  {
    name: 'p99 ratio',
    settings: ['gates.p99Ratio', 'gates.minSamples', 'gates.confidence', 'gates.probes'],
    measures:
      "share of the new side's calls that are slower than p99Ratio times the old side's 99th percentile (at least 25 ms)",
    over: `${both}; below 100 %`,
    fails: 'a share of which it is 99 % sure that it is more than 2 %',
  },
  {
    name: 'bake',
    settings: ['bake', 'probeBake'],
    measures: 'how long the step has been watched, in ms, without an outage',
    over: 'the time since the step began or the last outage; probeBake while no customer calls, else bake',
    fails: 'nothing: it holds until the time is over',
  },
  {
    name: 'approval',
    settings: ['approve'],
    measures: 'the share that waits for a person',
    over: 'the next step',
    fails: 'nothing: it holds until strangler approve',
  },
];
