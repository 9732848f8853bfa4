import fc from 'fast-check';
import { standpointOf } from '../../engine/identity/standpoint.fixture.js';
import type { SideState } from '../../sides/side.js';
import { decide } from '../reconcile/decide.js';
import { noCalls, noComparisons, type Calls, type Evidence } from '../../evidence/evidence.js';
import { bucketOfMs, emptyHistogram } from '../../evidence/histogram.js';
import { blocking, gateRules, gatesFor, gateSentence, watchGates } from './gates.js';
import { wantedProbes } from './measured.js';
import type { Observed } from './observed.js';
import { plainAdvice } from './advice.js';
import type { Position, Step } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';
import { defaultSettings } from '../config/settings.js';

const state = (outgoing: Partial<SideState['outgoing']> = {}): SideState => ({
  ownership: {
    module: 'toy',
    side: 'monolith',
    epoch: 1,
    extractedBelow: 0,
    fenceFrom: null,
    mayShift: null,
    fenceTo: null,
    capture: true,
    version: 1,
  },
  outgoing: {
    pending: 0,
    lagMs: 0,
    parked: 0,
    reported: 0,
    degradedSince: null,
    reason: null,
    backfill: [{ table: 'thing', copied: 1, total: 1, done: true }],
    oldestTransactionMs: 0,
    ...outgoing,
  },
  standpoint: standpointOf('monolith'),
  incoming: { term: 0, seq: 0, ageMs: null },
});

/** Calls of so many ms each. */
function calls(count: number, errors = 0, ms = 10, slow = 0): Calls {
  const latency = emptyHistogram();
  latency[bucketOfMs(ms)]! += count - slow;
  latency[bucketOfMs(ms * 10)]! += slow;
  return { calls: count, errors, latency };
}
const good = calls(1_000);
const nobody = { monolith: noCalls, extracted: noCalls };
const by = (monolith: Calls, extracted: Calls): Evidence['calls'] => ({
  probe: nobody,
  customer: { monolith, extracted },
});
const compared = (count: number, mismatches = 0): Evidence['shadow'] => ({
  probe: noComparisons,
  customer: { compared: count, mismatches, unavailable: 0 },
});
const evidence = (change: Partial<Evidence> = {}): { evidence: Evidence } => ({
  evidence: {
    ageMs: 60_000,
    calls: by(good, good),
    recent: { probe: nobody, customer: nobody },
    shadow: compared(1_000),
    rehearsal: noComparisons,
    probing: { able: 'yes', queries: true, anyReads: true },
    ...change,
  },
});
const idle = (probing: Partial<Evidence['probing']> = {}): { evidence: Evidence } =>
  evidence({
    calls: by(noCalls, noCalls),
    shadow: compared(0),
    probing: { able: 'yes', queries: true, anyReads: true, ...probing },
  });
const calm: Observed = {
  now: 100_000,
  states: { monolith: state(), extracted: state() },
  ...evidence(),
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

it.each<[step: string, gate: string, change: Partial<Observed>, expected: string]>([
  ['to shadow', 'backfill', sides({ backfill: open }), 'hold'],
  ['to shadow', 'backfill', sides({ backfill: [] }), 'hold'],
  ['to shadow', 'lag', sides({ lagMs: 1_001 }), 'fail'],
  ['to shadow', 'quarantined', sides({ parked: 1 }), 'fail'],
  ['to shadow', 'quarantined', sides({ parked: 2, unnamed: 2 }), 'pass'],
  ['to shadow', 'degraded', sides({ degradedSince: 'x' }), 'hold'],
  ['to shadow', 'verify', { verified: { beganAt: null, differences: 0 } }, 'hold'],
  ['to shadow', 'verify', { verified: { beganAt: 39_999, differences: 0 } }, 'hold'],
  ['to shadow', 'verify', { verified: { beganAt: 50_000, differences: 1 } }, 'fail'],
  ['to shifting', 'shadow mismatches', evidence({ shadow: compared(199) }), 'hold'],
  ['to shifting', 'shadow mismatches', evidence({ shadow: compared(1_000, 1) }), 'fail'],
  ['to shifting', 'bake', evidence({ ageMs: 29_999 }), 'hold'],
  ['next share', 'error rate', evidence({ calls: by(good, calls(1_000, 11)) }), 'hold'],
  ['next share', 'error rate', evidence({ calls: by(good, calls(1_000, 60)) }), 'fail'],
  ['next share', 'error rate', evidence({ calls: by(good, calls(303)) }), 'hold'],
  ['next share', 'p99 ratio', evidence({ calls: by(good, calls(1_000, 0, 1_000)) }), 'fail'],
  ['next share', 'p99 ratio', evidence({ calls: by(good, calls(1_000, 0, 10, 15)) }), 'hold'],
  ['next share', 'p99 ratio', evidence({ calls: by(calls(10), calls(1_000, 0, 1_000)) }), 'hold'],
  ['back', 'lag', { states: { monolith: state(), extracted: null } }, 'hold'],
  ['decommission', 'local use', { localUse: ['a process'] }, 'fail'],
  ['decommission', 'outbox', sides({ pending: 1 }), 'hold'],
])('%s, %s: case %#', (step, gate, change, expected) => {
  const observed = { ...calm, ...change };
  expect(stateOf(step, gate, observed)).toBe(expected);
  const found = gates(step, observed).find((each) => each.name === gate);
  expect(gateSentence(found!, toy)).toMatch(/\w+ .*\w+/);
});

it('what nobody feels is no ratio: 20 ms against 1 ms', () => {
  const quick = by(calls(1_000, 0, 1), calls(1_000, 0, 20));
  expect(stateOf('next share', 'p99 ratio', { ...calm, ...evidence({ calls: quick }) })).toBe('pass');
});

it('probes and customers are counted apart, and the worse of both is shown', () => {
  const both = evidence({
    calls: {
      probe: { monolith: good, extracted: good },
      customer: { monolith: good, extracted: calls(50, 1) },
    },
  });
  const gate = gates('next share', { ...calm, ...both }).find(({ name }) => name === 'error rate');
  expect(gate).toMatchObject({ probes: 1_000, customers: 50, samples: 1_050, value: 0.02, state: 'hold' });
});

it('the bake is short while all samples are probes, and long once a customer calls', () => {
  const limit = (observed: Partial<Observed>, probes: 'on' | 'off' = 'on') =>
    gatesFor(
      named('next share').from,
      named('next share').step,
      { ...calm, ...observed },
      { ...defaultSettings, gates: { ...defaultSettings.gates, probes } },
    ).find(({ name }) => name === 'bake')?.limit;
  expect(limit(idle())).toBe(5_000);
  expect(limit(evidence({ calls: by(calls(1), noCalls) }))).toBe(30_000);
  expect(limit(idle(), 'off')).toBe(30_000);
});

it('while a side is out nothing that was seen counts, good or bad', () => {
  const bad = evidence({ calls: by(good, calls(1_000, 500)) });
  const out = { ...calm, ...bad, states: { monolith: state(), extracted: null } };
  expect(stateOf('next share', 'error rate', out)).toBe('hold');
  expect(decide(row('shifting', 1), at('shifting', 1), out).kind).toBe('hold');
});

it.each<[string, step: string, gate: string, observed: { evidence: Evidence }, expected: string]>([
  [
    'no query at all',
    'to shifting',
    'shadow mismatches',
    idle({ queries: false, able: 'no query' }),
    'query',
  ],
  ['not a single row', 'to shifting', 'shadow mismatches', idle({ able: 'no rows' }), 'not a single row'],
  ['not a single row', 'next share', 'error rate', idle({ able: 'no rows' }), 'not a single row'],
])('%s, %s, %s: not applicable, and in the way of nothing', (_what, step, name, observed, why) => {
  const all = gates(step, { ...calm, ...observed });
  const gate = all.find((each) => each.name === name)!;
  expect(gate).toMatchObject({ state: 'not applicable', why: expect.stringContaining(why) });
  expect(blocking(all, []).map((each) => each.name)).not.toContain(name);
});

it('reads of a module owned as a whole that only its owner answers reach the new side by probes alone', () => {
  const whole = { ...at('shifting', 1), ownership: 'whole' as const, below: 0 };
  const error = (able: Evidence['probing']['able']) =>
    watchGates(whole, { ...calm, ...idle({ able, anyReads: false }) }, defaultSettings)[0];
  expect(error('no query')).toMatchObject({
    state: 'not applicable',
    why: expect.stringContaining('hand-off'),
  });
  expect(error('yes')).toMatchObject({ state: 'hold', why: null });
});

it('so many questions are asked as are missing, and none while a side is out, or where they are not wanted', () => {
  const order = (observed: Partial<Observed>, probes: 'on' | 'off' = 'on') => {
    const seen = { ...calm, ...observed };
    return wantedProbes(at('shifting', 1), gates('next share', seen), seen, {
      ...defaultSettings.gates,
      probes,
    });
  };
  expect(order(evidence())).toBeUndefined();
  expect(order(idle())).toEqual({ how: 'measure', count: 321, below: 100 });
  // Beside customers of whom there are too few: as many as are enough without them.
  const few = (probes: number) =>
    evidence({
      calls: {
        probe: { monolith: calls(probes), extracted: calls(probes) },
        customer: { monolith: good, extracted: calls(40) },
      },
    });
  expect(order(few(0))).toMatchObject({ count: 321 });
  expect(order(few(200))).toMatchObject({ count: 104 });
  expect(order(few(304))).toBeUndefined();
  expect(order({ ...idle(), states: { monolith: state(), extracted: null } })).toBeUndefined();
  expect(order(idle(), 'off')).toBeUndefined();
});

it('every gate stands in the table', () => {
  const all = Object.keys(steps).flatMap((step) => gates(step, calm).map(({ name }) => name));
  const asked = { ...defaultSettings, approve: [5], rehearse: 1 };
  const wanted = ['to shifting', 'next share']
    .map(named)
    .flatMap(({ from, step }) => gatesFor(from, step, calm, asked).map(({ name }) => name));
  const names = new Set([...all, ...wanted]);
  expect([...names].sort()).toEqual(gateRules.map(({ name }) => name).sort());
});

it('the first share has no calls yet to be judged by', () => {
  expect(gates('first share', calm).map(({ name }) => name)).toEqual([
    'lag',
    'quarantined',
    'degraded',
    'strays',
  ]);
});

const anySide = fc.option(
  fc
    .record({ lagMs: fc.nat(5_000), parked: fc.nat(2), pending: fc.nat(5) })
    .map((outgoing) => state(outgoing)),
);
const anyCalls = fc
  .record({ count: fc.nat(500), bad: fc.nat(20), ms: fc.nat(1_000) })
  .map(({ count, bad, ms }) => calls(count, Math.min(count, bad), ms));
const anySides = fc.record({ monolith: anyCalls, extracted: anyCalls });
const anyBoth = fc.record({ probe: anySides, customer: anySides });
const anyCompared = fc
  .record({ compared: fc.nat(500), mismatches: fc.nat(3), unavailable: fc.nat(3) })
  .map((each) => ({ ...each, mismatches: Math.min(each.mismatches, each.compared) }));
const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  ageMs: fc.nat(100_000),
  calls: anyBoth,
  recent: anyBoth,
  shadow: fc.record({ probe: anyCompared, customer: anyCompared }),
  rehearsal: anyCompared,
  probing: fc.record({
    able: fc.constantFrom('yes' as const, 'no query', 'no rows', 'not known yet'),
    queries: fc.boolean(),
    anyReads: fc.boolean(),
  }),
});
const anything: fc.Arbitrary<Observed> = fc.record({
  now: fc.constant(100_000),
  states: fc.record({ monolith: anySide, extracted: anySide }),
  evidence: anyEvidence,
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

it('the figure that is shown is of the calls that failed, and says of which they are', () => {
  const seen = evidence({
    calls: {
      probe: { monolith: good, extracted: calls(400, 40) },
      customer: { monolith: good, extracted: calls(3, 1) },
    },
  });
  const gate = watchGates(at('shifting', 50), { ...calm, ...seen }, defaultSettings).find(
    ({ name }) => name === 'error rate',
  )!;
  expect(gate).toMatchObject({ state: 'fail', value: 0.1 });
  expect(gateSentence(gate, toy)).toContain("10 % of the new side's calls fail (limit 1 %, of 400 probes)");
});

const isFirm = (name: string) => gateRules.find((rule) => rule.name === name)?.firm === true;

it('an override opens what holds, never what fails, nor what is firm', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(steps)), anything, (name, observed) => {
      const all = gates(name, observed);
      const left = blocking(
        all,
        all.map((gate) => gate.name),
      );
      const expected = all.filter(
        (gate) => gate.state === 'fail' || (gate.state === 'hold' && isFirm(gate.name)),
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
    evidence({ calls: by(good, calls(1_000, 500)) }),
    'return',
  ],
])('%s: %#', (_what, of, where, change, expected) => {
  expect(decide(of, where, { ...calm, ...change }).kind).toBe(expected);
});

it('a monolith that the service has overtaken moves nothing by itself', () => {
  const overtaken = { ...at('shifting', 50), below: 10_000 };
  const { monolith } = calm.states;
  const afterFailover = { ...monolith, ownership: { ...monolith!.ownership, epoch: 1_000_003 } } as SideState;
  const lost = { ...calm, states: { ...calm.states, monolith: afterFailover } };
  expect(decide(row('shifting', 50), overtaken, lost).kind).toBe('rest');
  expect(decide(row('shifting', 50), { ...overtaken, percent: 100 }, lost).kind).not.toBe('rest');
  // Hand-offs of its own, which a monolith that was put back has forgotten.
  expect(decide(row('shifting', 50), overtaken, calm).kind).not.toBe('rest');
});
