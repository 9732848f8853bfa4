import fc from 'fast-check';
import type { SideState } from '../side/side.js';
import { blocking, decide } from './decide.js';
import { plainAdvice } from './advice.js';
import { gatesFor, judge, watchGates, type Observed } from './gates.js';
import type { Position, Step } from './machine.js';
import type { ModuleRow } from './module-row.js';
import { gateSentence } from './sentences.js';
import { defaultSettings } from './settings.js';

const state = (outgoing: Partial<SideState['outgoing']> = {}): SideState => ({
  ownership: {
    module: 'toy',
    side: 'monolith',
    epoch: 1,
    extractedBelow: 0,
    fenceFrom: null,
    fenceTo: null,
    capture: true,
    version: 1,
  },
  outgoing: {
    pending: 0,
    lagMs: 0,
    parked: 0,
    degradedSince: null,
    reason: null,
    backfill: [{ table: 'thing', copied: 1, total: 1, done: true }],
    oldestTransactionMs: 0,
    ...outgoing,
  },
  incoming: { term: 0, seq: 0, ageMs: null },
});

const good = { calls: 1_000, errors: 0, p50Ms: 10, p99Ms: 100 };
const calm: Observed = {
  now: 100_000,
  states: { monolith: state(), extracted: state() },
  stats: { monolith: good, extracted: good },
  shadow: { compared: 1_000, mismatches: 0 },
  verified: { beganAt: 50_000, differences: 0 },
  localUse: [],
  approved: [],
  stepSince: 40_000,
};
const at = (phase: Position['phase'], percent = 0): Position => ({
  module: 'toy',
  ownership: 'by-key',
  phase,
  percent,
  below: percent * 100,
});
const steps: Record<string, { from: Position; step: Step }> = {
  'to shadow': { from: at('dual-write'), step: { kind: 'phase', to: 'shadow', percent: 0 } },
  'to shifting': { from: at('shadow'), step: { kind: 'phase', to: 'shifting', percent: 0 } },
  'first share': { from: at('shifting'), step: { kind: 'hand-off', below: 100, percent: 1 } },
  'next share': { from: at('shifting', 1), step: { kind: 'hand-off', below: 500, percent: 5 } },
  'to extracted': { from: at('shifting', 100), step: { kind: 'phase', to: 'extracted', percent: 100 } },
  back: { from: at('shifting', 50), step: { kind: 'hand-off', below: 0, percent: 0 } },
  decommission: { from: at('extracted', 100), step: { kind: 'decommission' } },
};
const named = (name: string) => steps[name] as { from: Position; step: Step };
const toy = { module: 'toy', held: false, advice: plainAdvice };
const gates = (name: string, observed: Observed) =>
  gatesFor(named(name).from, named(name).step, observed, defaultSettings);
const stateOf = (name: string, gate: string, observed: Observed) =>
  gates(name, observed).find((each) => each.name === gate)?.state;

it.each(Object.keys(steps))('%s: all gates pass when all is well', (name) => {
  expect(gates(name, calm).filter((gate) => gate.state !== 'pass')).toEqual([]);
});

const sides = (outgoing: Partial<SideState['outgoing']>): Partial<Observed> => ({
  states: { monolith: state(outgoing), extracted: state() },
});
const open = [{ table: 'thing', copied: 1, total: 2, done: false }];
const slow = { ...good, p99Ms: 1_000 };

it.each<[step: string, gate: string, change: Partial<Observed>, expected: string]>([
  ['to shadow', 'backfill', sides({ backfill: open }), 'hold'],
  ['to shadow', 'backfill', sides({ backfill: [] }), 'hold'],
  ['to shadow', 'lag', sides({ lagMs: 1_001 }), 'fail'],
  ['to shadow', 'parked', sides({ parked: 1 }), 'fail'],
  ['to shadow', 'degraded', sides({ degradedSince: 'x' }), 'hold'],
  ['to shadow', 'verify', { verified: { beganAt: null, differences: 0 } }, 'hold'],
  ['to shadow', 'verify', { verified: { beganAt: 39_999, differences: 0 } }, 'hold'],
  ['to shadow', 'verify', { verified: { beganAt: 50_000, differences: 1 } }, 'fail'],
  ['to shifting', 'shadow mismatches', { shadow: { compared: 199, mismatches: 0 } }, 'hold'],
  ['to shifting', 'shadow mismatches', { shadow: { compared: 1_000, mismatches: 1 } }, 'fail'],
  ['to shifting', 'bake', { stepSince: 99_000, verified: { beganAt: 99_500, differences: 0 } }, 'hold'],
  ['next share', 'error rate', { stats: { monolith: good, extracted: { ...good, errors: 11 } } }, 'fail'],
  ['next share', 'error rate', { stats: { monolith: good, extracted: { ...good, calls: 199 } } }, 'hold'],
  ['next share', 'p99 ratio', { stats: { monolith: good, extracted: slow } }, 'fail'],
  ['next share', 'p99 ratio', { stats: { monolith: { ...good, calls: 10 }, extracted: slow } }, 'hold'],
  ['back', 'lag', { states: { monolith: state(), extracted: null } }, 'hold'],
  ['decommission', 'local use', { localUse: ['a process'] }, 'fail'],
  ['decommission', 'outbox', sides({ pending: 1 }), 'hold'],
])('%s, %s: %j', (step, gate, change, expected) => {
  const observed = { ...calm, ...change };
  expect(stateOf(step, gate, observed)).toBe(expected);
  const found = gates(step, observed).find((each) => each.name === gate);
  expect(gateSentence(found!, toy)).toMatch(/\w+ .*\w+/);
});

it('what nobody feels is no ratio: 20 ms against 1 ms', () => {
  const stats = { monolith: { ...good, p99Ms: 1 }, extracted: { ...good, p99Ms: 20 } };
  expect(stateOf('next share', 'p99 ratio', { ...calm, stats })).toBe('pass');
});

it('the first share has no calls yet to be judged by', () => {
  expect(gates('first share', calm).map(({ name }) => name)).toEqual(['lag', 'parked', 'degraded']);
});

const anySide = fc.option(
  fc
    .record({ lagMs: fc.nat(5_000), parked: fc.nat(2), pending: fc.nat(5) })
    .map((outgoing) => state(outgoing)),
);
const anyStats = fc.record({
  calls: fc.nat(500),
  errors: fc.nat(20),
  p50Ms: fc.option(fc.nat(100)),
  p99Ms: fc.option(fc.nat(1_000)),
});
const anything: fc.Arbitrary<Observed> = fc.record({
  now: fc.constant(100_000),
  states: fc.record({ monolith: anySide, extracted: anySide }),
  stats: fc.record({ monolith: anyStats, extracted: anyStats }),
  shadow: fc.record({ compared: fc.nat(500), mismatches: fc.nat(3) }),
  verified: fc.record({ beganAt: fc.option(fc.nat(100_000)), differences: fc.nat(2) }),
  localUse: fc.array(fc.string(), { maxLength: 1 }),
  approved: fc.constant([]),
  stepSince: fc.nat(100_000),
});
const anySettings = fc.nat(300).map((minSamples) => ({
  ...defaultSettings,
  gates: { ...defaultSettings.gates, minSamples },
}));

it('no gate passes without a sample, unless none is asked for', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(steps)), anything, anySettings, (name, observed, settings) => {
      const { from, step } = named(name);
      for (const gate of gatesFor(from, step, observed, settings)) {
        if (gate.state === 'pass') expect(gate.samples > 0 || settings.gates.minSamples === 0).toBe(true);
        if (gate.state === 'fail') expect(gate.samples).toBeGreaterThan(0);
      }
    }),
  );
});

it('a gate fails only above its limit, and passes never above it', () => {
  fc.assert(
    fc.property(fc.option(fc.nat(10)), fc.nat(10), fc.nat(5), fc.nat(5), (value, limit, samples, least) => {
      const judged = judge(value, limit, samples, least);
      if (judged === 'fail') expect(value! > limit && samples >= least).toBe(true);
      if (judged === 'pass' && samples > 0 && value !== null) expect(value).toBeLessThanOrEqual(limit);
    }),
  );
});

it('an override opens what holds, never what fails, nor what is firm', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(steps)), anything, (name, observed) => {
      const all = gates(name, observed);
      const left = blocking(
        all,
        all.map((gate) => gate.name),
      );
      const expected = all.filter(
        (gate) => gate.state === 'fail' || (gate.state === 'hold' && gate.nature === 'firm'),
      );
      expect(left).toEqual(expected);
    }),
  );
});

const row = (phase: ModuleRow['phase'], percent: number, more: Partial<ModuleRow> = {}): ModuleRow => ({
  module: 'toy',
  phase,
  percent,
  wanted: { phase: 'extracted', percent: null, by: 'operator', actor: 'ann', since: 0 },
  paused: null,
  pauseReason: null,
  settings: defaultSettings,
  transition: null,
  override: null,
  lost: null,
  phaseSince: 0,
  stepSince: 0,
  filed: null,
  sources: {},
  approved: [],
  outages: {},
  version: 1,
  ...more,
});

it('a watched gate that holds never takes a module back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), anything, (percent, observed) => {
      const decision = decide(row('shifting', percent), at('shifting', percent), observed);
      const failing = watchGates(at('shifting', percent), observed, defaultSettings).some(
        (gate) => gate.state === 'fail',
      );
      expect(decision.kind === 'return').toBe(failing);
    }),
  );
});

it.each<[string, ModuleRow, Position, Partial<Observed>, string]>([
  ['all well', row('shifting', 1), at('shifting', 1), {}, 'begin'],
  ['paused', row('shifting', 1, { paused: 'all' }), at('shifting', 1), {}, 'paused'],
  ['gone back by itself', row('shadow', 0, { paused: 'up' }), at('shadow'), {}, 'paused'],
  [
    'not compared yet',
    row('dual-write', 0),
    at('dual-write'),
    { verified: { beganAt: null, differences: 0 } },
    'verify',
  ],
  [
    'copy not whole',
    row('dual-write', 0),
    at('dual-write'),
    { ...sides({ backfill: open }), verified: { beganAt: null, differences: 0 } },
    'hold',
  ],
  ['there', row('extracted', 100), at('extracted', 100), {}, 'rest'],
  [
    'errors',
    row('shifting', 1),
    at('shifting', 1),
    { stats: { monolith: good, extracted: { ...good, errors: 500 } } },
    'return',
  ],
])('%s: %#', (_what, of, where, change, expected) => {
  expect(decide(of, where, { ...calm, ...change }).kind).toBe(expected);
});
