import { buckets } from '../../routes/bucket.js';
import type { Held } from '../../engine/identity/peer.js';
import type { Standpoint } from '../../engine/identity/standing.js';
import { standpointOf } from '../../engine/identity/standpoint.fixture.js';
import type { Phase } from '../../routes/phase.js';
import { rejoin } from '../commands/rejoin.js';
import { diagnose } from './doctor.js';
import type { Patient } from './examiner.js';
import { failover } from '../commands/failover.js';
import { about, type Change } from '../patient.fixture.js';

/* Of databases that were put back, or may have been, doctor names one verb: a second one might lose what the first one keeps. */

const marked = { standing: 'rolled back', proven: false } as const;
const unproven = { proven: false, held: { kind: 'no witness', detail: 'no answer came' } } as const;
const held = (why: Extract<Held, { kind: 'moved' }>['why'], told?: Standpoint) =>
  ({ proven: false, moved: true, held: { kind: 'moved', why, detail: 'x', ...(told && { told }) } }) as const;
const whole = { extractedBelow: buckets };
const hollow = { complete: false, appliedLife: null };
const fence = { fenceFrom: 0, fenceTo: buckets };

const remedies = (patient: Patient) =>
  diagnose(patient)
    .map(({ remedy }) => remedy)
    .join('\n');
const verbs = (patient: Patient) => [
  ...new Set(
    [...remedies(patient).matchAll(/strangler (rejoin|failover|serve-unproven)/g)].map(([, verb]) => verb),
  ),
];

it.each<[what: string, monolith: Change, extracted: Change | null, verb: string]>([
  ['a monolith from before it got keys back', { ...marked, epoch: 3, extractedBelow: 9_000 }, {}, 'rejoin'],
  ['the same, with a fence of then', { ...marked, ...fence, epoch: 3, extractedBelow: 9_000 }, {}, 'rejoin'],
  ['a monolith that lacks what it had sent', marked, {}, 'rejoin'],
  ['a monolith that lets the service take over', { ...marked, standing: 'given up', epoch: 5 }, {}, 'rejoin'],
  [
    'the same, seen by the service',
    { ...marked, standing: 'given up', epoch: 5 },
    { epoch: 5, ...whole },
    'rejoin',
  ],
  ['a service that lacks what it had sent', {}, { ...marked, epoch: 2, extractedBelow: 3_000 }, 'rejoin'],
  ['a monolith put back, its service gone', marked, null, 'failover'],
  [
    'a monolith between the steps of rejoin, its service gone',
    { ...marked, standing: 'given up' },
    null,
    'failover',
  ],
  ['a monolith put back, its service not whole', { ...marked, extractedBelow: 3_000 }, hollow, 'failover'],
  ['both put back', { ...marked, epoch: 3 }, { ...marked, epoch: 2, extractedBelow: 0 }, 'failover'],
  ['a monolith put back, its service unproven', { ...marked, epoch: 3 }, unproven, 'serve-unproven'],
  ['a moved monolith that lacks something', held('it lacks something'), {}, 'rejoin'],
  [
    'the same, which the service takes for a stranger',
    held('it lacks something', standpointOf('extracted', { extractedBelow: 5_000 })),
    null,
    'rejoin',
  ],
  ['a moved monolith whose service does not answer', held('nobody answers'), null, 'failover'],
  [
    'an unproven service, of another epoch and border',
    {},
    { ...unproven, epoch: 3, extractedBelow: 0 },
    'serve-unproven',
  ],
])('%s: %s', (_what, monolith, extracted, verb) => {
  expect(verbs(about(monolith, extracted))).toEqual([verb]);
});

it.each<[what: string, monolith: Change]>([
  ['was put back to before the move', { ...marked, epoch: 1, extractedBelow: 0, capture: false }],
  ['has not heard of that yet', { epoch: 1, extractedBelow: 0, capture: false }],
])('what the service knows of a move is not taken from it while the monolith %s', (_what, monolith) => {
  const found = diagnose(about(monolith, whole, { phase: 'monolith' }));
  expect(found.filter(({ repairable }) => repairable)).toEqual([]);
});

it('a service that owns nothing is freed of what it captures while nothing moves', () => {
  const home = { extractedBelow: 0, capture: false };
  const found = diagnose(about(home, { extractedBelow: 0 }, { phase: 'monolith' }));
  expect(found.filter(({ repairable }) => repairable)).toMatchObject([
    { problem: 'extracted still captures changes, in phase monolith' },
  ]);
});

it('who is put back while the service is away is told to start that first, also by rejoin', () => {
  const patient = about(marked, null);
  const start = 'start the service of toy, its database and NATS (npm run start:extracted -- toy)';
  const giveUp = 'gone for good: strangler failover toy --i-have-fenced-it';
  const refused = () => rejoin.plan(patient, {}, []);
  const said = diagnose(patient).find(({ problem }) => problem.includes('was put back'))!.remedy;
  expect(said).toMatch(new RegExp(`^${start.replace(/[()]/g, '.')}.*${giveUp}$`));
  expect(refused).toThrow(start);
  expect(refused).toThrow(giveUp);
  expect(() => rejoin.plan(about(marked, unproven), {}, [])).toThrow(
    /has not proven itself yet: wait for that$/,
  );
});

describe('a fence without a step', () => {
  const found = (monolith: Change, extracted: Change | null) =>
    diagnose(about(monolith, extracted)).filter(({ problem }) => problem.includes('no step is under way'));

  it.each<[string, Change, Change]>([
    ['of all keys, of which the other side has heard', { ...fence, epoch: 5 }, { epoch: 5 }],
    ['of all keys, of which it has not', { ...fence, epoch: 5 }, {}],
    ['of some keys', { fenceFrom: 5_000, fenceTo: 6_000, epoch: 5 }, {}],
  ])('%s is lifted, for the border is the same', (_what, monolith, extracted) => {
    const [only, ...more] = diagnose(about(monolith, extracted)).filter(({ repairable }) => repairable);
    expect(more).toEqual([]);
    expect(only?.repair).toEqual({
      kind: 'lift fence',
      side: 'monolith',
      epoch: 5,
      otherEpoch: extracted.epoch ?? 4,
    });
    expect(verbs(about(monolith, extracted))).toEqual([]);
  });

  it('beside another border is not called a copy or a backup: a hello tells', () => {
    const [only] = found({ ...fence, epoch: 5 }, { epoch: 6, extractedBelow: buckets });
    expect(only?.remedy).toMatch(/^restart the processes of monolith: they ask extracted.*failover/);
    expect(only?.remedy).not.toMatch(/backup|copy/);
  });

  it('beside a side that does not answer says who has to', () => {
    expect(found(fence, null)[0]?.remedy).toBe('start extracted, without which nobody knows who owns them');
  });
});

it('sides of different borders ask each other, and of different epochs only are made equal', () => {
  const differing = (extracted: Change) =>
    diagnose(about({}, extracted)).find(({ problem }) => problem.startsWith('the sides differ'));
  expect(differing({ epoch: 5, extractedBelow: 6_000 })?.remedy).toMatch(
    /^restart the processes of monolith/,
  );
  expect(differing({ epoch: 5 })?.repair).toEqual({ kind: 'raise', side: 'monolith', epoch: 4, to: 5 });
});

it('an unproven service is said to have answered, and what helps and when', () => {
  const [found] = diagnose(about({}, unproven));
  expect(found?.problem).toContain('monolith does not answer it (no answer came)');
  expect(found?.remedy).toMatch(
    /you have made sure that monolith takes no writes.*serve-unproven toy --i-have-fenced-it.*--database-url/,
  );
  expect(found?.remedy).not.toContain('start its service');
});

describe('what a failover may lose', () => {
  const lost = (monolith: Change, extracted: Change | null, how = {}) =>
    failover.plan(about(monolith, extracted, how), { iHaveFencedIt: true }, undefined).plan[0];
  const everywhere =
    /^what the monolith had got since the moment that its database was put back to, is missing/;

  it.each<[string, Change | null, { phase?: Phase }]>([
    ['that owned everything', { extractedBelow: 0 }, { phase: 'dual-write' }],
    ['whose service answers', {}, {}],
    ['whose service is away', null, {}],
  ])('of a monolith put back %s is never said to be nothing', (_what, extracted, how) => {
    expect(lost(marked, extracted, how)).toMatch(everywhere);
    expect(lost({ ...marked, extractedBelow: 0 }, extracted, how)).toMatch(everywhere);
  });

  it('of an unproven monolith is not known', () => {
    expect(lost(unproven, {})).toMatch(/^the monolith has not proven itself: if its database was put back/);
  });

  it.each([marked, unproven])(
    'of a service that was put back, or may have been, is not what its outbox says',
    (how) => {
      expect(lost({}, how)).toMatch(/the last state is not known: every write answered while .* is here/);
      expect(lost({}, how, { ack: 'owner' })).toMatch(/the last state is not known: .*ack: owner/);
    },
  );

  it('of a service as it was is what its outbox says', () => {
    expect(lost({}, {})).toBe(
      'of the 50 % that belonged to the extracted side, 4 changes have not arrived here and will be missing',
    );
  });
});

it('beside a database that was put back nobody is told of old reasons, nor to restart what cannot send', () => {
  const patient = about(marked, whole);
  const lagging = { pending: 3, lagMs: 24_000 };
  Object.assign(patient.observed.states.monolith!.outgoing, lagging);
  Object.assign(patient.observed.states.extracted!.outgoing, lagging, {
    degradedSince: '2026-11-28T18:00:00Z',
    reason: 'connect ECONNREFUSED',
  });
  const found = diagnose(patient);
  expect(
    found.map(({ problem }) => problem).filter((text) => /has sent nothing|ECONNREFUSED/.test(text)),
  ).toEqual([]);
  expect(found.find(({ problem }) => problem.includes('is degraded'))).toMatchObject({
    problem: expect.stringContaining(': monolith is rolled back'),
    remedy: expect.stringMatching(/^first what is said/),
  });
});
