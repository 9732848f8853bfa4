import fc from 'fast-check';
import { etaOf, type EtaParts } from './eta.js';
import type { Observed } from '../conditions/observed.js';
import type { Position } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';
import { makeNeed } from '../terms/need.js';
import { defaultSettings } from '../config/settings.js';
import type { Verification } from '../store/verification-store.js';

const verification: Verification = {
  request: null,
  cursor: null,
  done: 0,
  total: 0,
  beganAt: null,
  checkedAt: null,
  rows: 0,
  differences: 0,
};
/** A comparison of all rows that took 3 s, before the present step began. */
const compared = { ...verification, beganAt: 1_000, checkedAt: new Date(4_000).toISOString(), rows: 300 };

/** Only customers are counted, so that every step is watched for the same time. */
const settings = { ...defaultSettings, gates: { ...defaultSettings.gates, probes: 'off' as const } };

interface Scene {
  phase?: Position['phase'];
  percent?: number;
  wanted?: Position['phase'];
  backfill?: { copied: number; total: number; done: boolean };
  watchedMs?: number;
  verifiedAt?: number | null;
  verification?: Verification;
  rates?: EtaParts['rates'];
  waiting?: EtaParts['waiting'];
}

function eta(scene: Scene): { seconds: number | null; unknown: string | null } {
  const { phase = 'shadow', percent = 0, wanted = 'extracted', backfill, watchedMs = 0 } = scene;
  const now = 100_000;
  const tables = backfill ? [{ table: 'parcel', ...backfill }] : [];
  const row = {
    ...{ module: 'toy', phase, percent, paused: null, transition: null, settings },
    wanted: { phase: wanted, percent: null, by: 'operator', actor: 'ann', since: 0 },
  } as unknown as ModuleRow;
  const observed = {
    now,
    states: { monolith: { outgoing: { backfill: tables } }, extracted: null },
    verified: { beganAt: scene.verifiedAt ?? null, differences: 0 },
    stepSince: now - watchedMs,
    evidence: { ageMs: watchedMs },
  } as unknown as Observed;
  return etaOf({
    row,
    at: { module: 'toy', ownership: 'by-key', phase, percent, below: percent * 100 },
    observed,
    verification: scene.verification ?? compared,
    rates: scene.rates ?? { backfill: null, verify: null },
    waiting: scene.waiting ?? null,
  });
}

const done = { copied: 300, total: 300, done: true };
const bake = defaultSettings.bakeMs / 1_000;

it.each<[string, Scene, number]>([
  ['where it is to be', { phase: 'extracted', percent: 100 }, 0],
  ['on monolith, to stay', { phase: 'monolith', wanted: 'monolith' }, 0],
  // A comparison, five shares of which all are watched, the step to extracted; telling, and seven steps.
  ['from shadow', { backfill: done }, Math.ceil(3 + 3 + 6 * bake + 2 + 7 * 0.5)],
  ['from shadow, watched already', { backfill: done, watchedMs: 60_000 }, Math.ceil(6 + 5 * bake + 5.5)],
  ['from shadow, compared already', { backfill: done, verifiedAt: 100_000 }, Math.ceil(3 + 6 * bake + 5.5)],
  [
    'at the last share',
    { phase: 'shifting', percent: 100, watchedMs: 10_000 },
    Math.ceil(3 + bake - 10 + 0.5),
  ],
  ['back to monolith', { wanted: 'monolith' }, 1],
  [
    'while it copies',
    {
      phase: 'dual-write',
      wanted: 'shadow',
      backfill: { copied: 100, total: 300, done: false },
      rates: { backfill: 20, verify: null },
    },
    Math.ceil(10 + 3 + 0.5),
  ],
  [
    'while it compares',
    {
      phase: 'dual-write',
      wanted: 'shadow',
      backfill: done,
      rates: { backfill: null, verify: 50 },
      verification: { ...verification, request: { actor: 'a', repair: false }, done: 200, total: 300 },
    },
    Math.ceil(6 - 4 + 0.5),
  ],
])('%s', (_what, scene, seconds) => {
  expect(eta(scene)).toEqual({ seconds, unknown: null });
});

const waits = (kind: string, todo?: string) =>
  makeNeed(kind, { needs: 'much', has: 'little', ...(todo !== undefined && { todo }) });

it.each<[string, Scene, RegExp]>([
  ['before anything was copied', { phase: 'monolith' }, /how many rows/],
  ['before anything was compared', { phase: 'dual-write', backfill: done, verification }, /a comparison/],
  [
    'as long as somebody has to act',
    { waiting: waits('service: nobody', 'start it') },
    /needs much, has little/,
  ],
  [
    'when it was watched, and lacks samples',
    { waiting: waits('gate error rate'), phase: 'shifting', percent: 1, watchedMs: 60_000 },
    /needs much, has little/,
  ],
])('it is not known %s', (_what, scene, why) => {
  expect(eta(scene)).toEqual({ seconds: null, unknown: expect.stringMatching(why) });
});

it('while it is watched, samples are expected in time', () => {
  const scene = {
    waiting: waits('gate error rate'),
    phase: 'shifting',
    percent: 1,
    watchedMs: 10_000,
  } as const;
  expect(eta(scene).seconds).toBeGreaterThan(0);
});

it('it never says less than nothing, and falls as time goes by', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 5, 25, 50, 100), fc.nat(40_000), fc.nat(40_000), (percent, a, b) => {
      const [early, late] = [Math.min(a, b), Math.max(a, b)].map(
        (watchedMs) => eta({ phase: 'shifting', percent, watchedMs }).seconds!,
      );
      expect(late).toBeLessThanOrEqual(early!);
      expect(late).toBeGreaterThan(0);
    }),
  );
});
