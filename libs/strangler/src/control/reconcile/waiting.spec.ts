import { standpointOf } from '../../engine/identity/standpoint.fixture.js';
import { noCalls, noComparisons } from '../../evidence/evidence.js';
import type { Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { Absence } from '../conditions/absence.js';
import { plainAdvice } from '../conditions/advice.js';
import { diagnose } from '../doctor/doctor.js';
import type { Patient } from '../doctor/examiner.js';
import type { Observed } from '../conditions/observed.js';
import { moduleHealth, healthOf } from '../conditions/health.js';
import type { ModuleRow } from '../store/module-row.js';
import { gateSentence } from '../conditions/gates.js';
import { absenceNeed } from '../conditions/sentences.js';
import { defaultSettings } from '../config/settings.js';
import { statusOf, type StatusParts } from '../commands/status.js';
import { waitOf } from './waiting.js';

const now = 100_000;
const neither = { monolith: noCalls, extracted: noCalls };
const nobody = { probe: neither, customer: neither };
const advice = { ...plainAdvice, start: (module: string) => `npm run start:extracted -- ${module}` };

const side = (which: Side, below: number, change: Partial<SideState['ownership']> = {}): SideState => ({
  ownership: {
    ...{ module: 'toy', side: which, epoch: 3, extractedBelow: below, fenceFrom: null, fenceTo: null },
    ...{ readsBelow: 0, capture: true },
    ...change,
  } as SideState['ownership'],
  outgoing: {
    ...{ pending: 0, lagMs: 0, parked: 0, reported: 0, degradedSince: null, reason: null },
    ...{ backfill: [], oldestTransactionMs: 0 },
  },
  standpoint: standpointOf(which, { epoch: 3, extractedBelow: below }),
  incoming: { term: 1, seq: 1, ageMs: 1 },
});

interface Scene {
  row?: Partial<ModuleRow>;
  below?: number;
  /** Why the service is away; null: it is there. */
  away?: Absence['kind'] | null;
  monolith?: SideState | null;
  note?: StatusParts['note'];
}

function partsOf({ row = {}, below = 0, away = null, monolith, note }: Scene): StatusParts & Patient {
  const phase = row.phase ?? 'monolith';
  const full = {
    ...{ module: 'toy', phase, percent: below / 100, paused: null, pauseReason: null, transition: null },
    ...{
      settings: defaultSettings,
      override: null,
      lost: null,
      filed: null,
      sources: {},
      approved: [],
      outages: {},
    },
    ...{ phaseSince: 0, stepSince: 0, version: 1 },
    wanted: { phase, percent: null, by: 'operator', actor: 'ann', since: 0 },
    ...row,
  } as unknown as ModuleRow;
  const observed = {
    now,
    states: {
      monolith: monolith === undefined ? side('monolith', below) : monolith,
      extracted: away === null ? side('extracted', below) : null,
    },
    absent: { monolith: null, extracted: away && { kind: away, detail: 'its words' } },
    evidence: {
      ageMs: 12_000,
      ...{ calls: nobody, recent: nobody, shadow: { probe: noComparisons, customer: noComparisons } },
      rehearsal: noComparisons,
      probing: { able: 'no query', queries: true, anyReads: true },
    },
    verified: { beganAt: now, differences: 0 },
    localUse: [],
    stepSince: 0,
  } as unknown as Observed;
  const verification = {
    ...{
      request: null,
      cursor: null,
      done: 0,
      total: 0,
      beganAt: 0,
      checkedAt: null,
      rows: 0,
      differences: 0,
    },
  };
  return {
    row: full,
    at: { module: 'toy', ownership: 'by-key', phase, percent: below / 100, below },
    observed,
    verification,
    note: note ?? { trouble: null, wait: null, since: 0, gates: {} },
    doing: null,
    rates: { backfill: null, verify: null },
    notices: [],
    advice,
  };
}

const sentence = (scene: Scene) => waitOf({ ...partsOf(scene), trouble: null })?.sentence ?? null;
const extracted = { phase: 'extracted' } as const;
const outwards = {
  wanted: { phase: 'extracted', percent: null, by: 'operator', actor: 'ann', since: 0 },
} as const;
const start = 'the service of toy is not there: npm run start:extracted -- toy';

it.each<[string, Scene, string | RegExp | null]>([
  ['a module at home needs no service', { away: 'nobody' }, null],
  ['all is there', { row: extracted, below: 10_000 }, null],
  ['a service that was never started', { row: outwards, away: 'nobody' }, start],
  ['a service that is dead', { row: extracted, below: 10_000, away: 'nobody' }, start],
  [
    'the dead only owner of a decommissioned module',
    { row: { phase: 'decommissioned' }, below: 10_000, away: 'nobody' },
    start,
  ],
  [
    'a service that hangs',
    { row: outwards, away: 'silent' },
    /is there, and does not answer in time; .*stop it and start it again: npm run/,
  ],
  ['NATS that is missing', { row: outwards, away: 'no NATS' }, 'its words; start the NATS server'],
  [
    'a database of the service that is away',
    { row: extracted, away: 'no database' },
    /cannot reach its database \(its words\); start the database/,
  ],
  [
    'an error of the service',
    { row: extracted, away: 'failed' },
    /answers with an error \(its words\); see its log/,
  ],
  [
    'the database of the monolith',
    { row: outwards, monolith: null },
    /the database of the monolith does not answer .*; start it/,
  ],
  [
    'a file that wants a decommissioned module back',
    {
      row: {
        phase: 'decommissioned',
        wanted: { ...outwards.wanted, phase: 'monolith', actor: 'strangler.yaml:3' },
      },
      below: 10_000,
    },
    /^strangler.yaml:3 wants monolith, .* no way back; take its line out/,
  ],
  [
    'a fence of no step, whatever else is in the way',
    {
      row: { phase: 'shifting', ...outwards },
      below: 100,
      monolith: {
        ...side('monolith', 100, { fenceFrom: 0, fenceTo: 10_000 }),
        outgoing: { ...side('monolith', 100).outgoing, lagMs: 99_000, pending: 1 },
      },
    },
    'no hand-off may begin: monolith has fenced the buckets [0, 10000); see what frees it: strangler doctor toy',
  ],
  ['too few samples', { row: { phase: 'shadow', ...outwards } }, /needs .*; nothing to do$|: strangler /],
])('%s', (_what, scene, expected) => {
  const said = sentence(scene);
  if (expected instanceof RegExp) expect(said).toMatch(expected);
  else expect(said).toBe(expected);
});

it.each<[string, Scene, 'up' | 'degraded' | 'down', string]>([
  ['all is well', { row: extracted, below: 10_000 }, 'up', 'up'],
  [
    'its service is dead, and owns all',
    { row: extracted, below: 10_000, away: 'nobody' },
    'down',
    'not there',
  ],
  [
    'its service is dead, and owns nothing',
    { row: { phase: 'shadow' }, away: 'nobody' },
    'degraded',
    'not there',
  ],
  ['its service hangs', { row: { phase: 'shifting' }, below: 100, away: 'silent' }, 'down', 'no answer'],
  ['it is at home, and nobody is asked', { away: 'nobody' }, 'up', 'not there'],
])('%s: the monolith answers, and is never said to be down', (_what, scene, health, service) => {
  const { row, at, observed } = partsOf(scene);
  expect(moduleHealth(row, at, observed)).toBe(health);
  expect([healthOf('monolith', row, observed), healthOf('extracted', row, observed)]).toEqual([
    'up',
    service,
  ]);
});

it('a fence without a step is told as such, and one of a step is not', () => {
  const fenced = side('monolith', 0, { fenceFrom: 0, fenceTo: 100 });
  const still = partsOf({ row: { phase: 'shifting' }, monolith: fenced });
  expect(statusOf(still)).toMatchObject({
    health: 'down',
    sides: { monolith: { healthy: false, health: 'fenced' } },
  });
  const transition = {
    id: 'x',
    step: { kind: 'hand-off', below: 1, percent: 1 },
    actor: 'a',
    begun: 1,
  } as const;
  const moving = partsOf({ row: { phase: 'shifting', transition }, monolith: fenced });
  expect(statusOf(moving)).toMatchObject({
    health: 'up',
    sides: { monolith: { healthy: true, health: 'up' } },
  });
});

it('sagas that no process of a side knows are in its status, and doctor says what to start', () => {
  const stranded = { step: 3, name: 'pay', sagas: 2, dueMs: 42_000 };
  const monolith = {
    ...side('monolith', 0),
    stranded: [
      { ...stranded, process: 'place@2' },
      { ...stranded, process: 'cancel', name: null, sagas: 1 },
    ],
  };
  const told = [
    '2 sagas of toy.place at step 3 ("pay") of definition 2, due for 42 s: no process here knows it (monolith)',
    '1 saga of toy.cancel at step 3 of definition 1, due for 42 s: no process here knows it (monolith)',
  ];
  const parts = partsOf({ monolith });
  expect(statusOf(parts).notices).toEqual(told.map((each) => `${each}; doctor says what to do`));
  const found = diagnose(parts).filter(({ problem }) => problem.includes('saga'));
  expect(found.map(({ problem }) => problem)).toEqual(told);
  expect(found[0]).toMatchObject({
    remedy: expect.stringMatching(/^start a process of monolith of the release that has begun them/),
    repairable: false,
  });
  expect(statusOf(partsOf({})).notices).toEqual([]);
});

it('a decommissioned module goes nowhere, whatever the file wants', () => {
  const row = { phase: 'decommissioned', wanted: { ...outwards.wanted, phase: 'monolith' } } as const;
  expect(statusOf(partsOf({ row, below: 10_000 }))).toMatchObject({ wanted: { phase: 'decommissioned' } });
});

it('the parts of a wait say what its sentence says, and since when, as the leader has written down', () => {
  const note = { trouble: null, wait: 'service: nobody', since: now - 42_000, gates: {} };
  expect(statusOf(partsOf({ row: extracted, below: 10_000, away: 'nobody', note }))).toMatchObject({
    waitingFor: start,
    waiting: { todo: 'start it', command: 'npm run start:extracted -- toy', sinceMs: 42_000 },
  });
  expect(statusOf(partsOf({ row: extracted, below: 10_000, away: 'silent', note })).waiting?.sinceMs).toBe(0);
});

it('a gate that lacks samples says how many it needs, has, and that nothing is to do', () => {
  const gate = {
    name: 'shadow mismatches',
    value: 0,
    limit: 0,
    samples: 12,
    probes: 8,
    customers: 4,
    needed: 200,
  } as const;
  const rest = { confidence: null, why: null, state: 'hold' } as const;
  expect(gateSentence({ ...gate, ...rest }, { module: 'toy', held: true, advice })).toBe(
    'needs 200 compared reads, has 12 (8 probes); nothing to do',
  );
});

const problems = (scene: Scene) =>
  diagnose(partsOf(scene)).map(({ problem, remedy }) => `${problem} → ${remedy}`);

it.each<[string, Scene, RegExp]>([
  [
    'a service that was never started',
    { row: outwards, away: 'nobody' },
    /not there → start it: npm run start:extracted -- toy$/,
  ],
  ['NATS that is missing', { row: outwards, away: 'no NATS' }, /its words → start the NATS server/],
  [
    'a decommissioned module whose only owner is down',
    { row: { phase: 'decommissioned' }, below: 10_000, away: 'nobody' },
    /not there → start it: npm run start:extracted -- toy$/,
  ],
  [
    'a dead service that can be given up',
    { row: extracted, below: 10_000, away: 'nobody' },
    /gone for good: strangler failover toy --i-have-fenced-it$/,
  ],
  [
    'a file that wants the impossible',
    { row: { phase: 'decommissioned', wanted: { ...outwards.wanted, phase: 'monolith' } }, below: 10_000 },
    /no way back.* → take its line/,
  ],
])('doctor finds %s', (_what, scene, expected) => {
  expect(problems(scene).filter((text) => expected.test(text))).toHaveLength(1);
});

it('doctor tells every wait that is older than ten seconds, and which of them pass by themselves', () => {
  const scene = { row: { phase: 'shifting', ...outwards, stepSince: now - 12_000 }, below: 100 } as const;
  const kind = waitOf({ ...partsOf(scene), trouble: null })!.kind;
  const at = (since: number) =>
    diagnose(partsOf({ ...scene, note: { trouble: null, wait: kind, since, gates: {} } }));
  expect(at(now - 9_000)).toEqual([]);
  expect(at(now - 11_000)).toMatchObject([
    { problem: expect.stringMatching(/^needs .*; so for 11 s$/), byItself: true },
  ]);
});

it('of two services that answer one is to be stopped, and none is started', () => {
  const detail = 'two services answer, on the databases a and b: stop one of them';
  const need = absenceNeed({ kind: 'foreign', detail }, { module: 'toy', held: false, advice: plainAdvice });
  expect(need).toMatchObject({ sentence: detail, todo: 'stop one of them', command: null });
});
