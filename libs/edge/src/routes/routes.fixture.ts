import { noCalls, type Calls, type RouteWish } from 'nestjs-strangler/internal';
import type { RouteRow } from './decide.js';
import type { RouteEvidence } from './gates.js';

/** A route as tests need it: no bake time, no samples asked for. */
export const aRoute = (more: Partial<RouteWish> = {}): RouteWish => ({
  path: '/reports',
  upstreams: { legacy: ['http://localhost:4000'], new: ['http://localhost:4001'] },
  percent: null,
  cohorts: [],
  shadow: 0,
  sharedStore: false,
  ramp: [1, 10, 50, 100],
  bakeMs: 0,
  approve: [],
  gates: {
    ...{ lagMs: 1_000, mismatchRate: 0, errorRate: 0.01, p99Ratio: 3 },
    ...{ minSamples: 0, confidence: 0.95, probes: 'on' },
  },
  line: 3,
  ...more,
});

export const aRow = (more: Partial<RouteRow> = {}): RouteRow => ({
  path: '/reports',
  phase: 'shifting',
  percent: 10,
  wanted: { percent: 10, by: 'operator', actor: 'ann' },
  paused: null,
  pauseReason: null,
  run: {},
  approved: [],
  filed: null,
  upstreams: null,
  stepSince: 0,
  version: 1,
  ...more,
});

/** So many calls of one duration. */
export function calls(count: number, errors = 0, bucket = 0): Calls {
  const latency = noCalls.latency.map((_, i) => (i === bucket ? count : 0));
  return { calls: count, errors, latency };
}

export const seen = (more: Partial<RouteEvidence> = {}): RouteEvidence => ({
  ageMs: 60_000,
  calls: { legacy: noCalls, new: noCalls },
  recent: { legacy: noCalls, new: noCalls },
  shadow: { compared: 0, mismatches: 0, unavailable: 0 },
  ...more,
});
