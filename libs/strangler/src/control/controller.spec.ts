import { noCalls } from '../evidence/evidence.js';
import { Logger } from '@nestjs/common';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controlled, fastClock, fastSettings, quiet } from '../../../../test/support/controlled.js';
import { until } from '../../../../test/support/until.js';
import type { Phase } from '../routes/phase.js';
import type { RouteEntry } from '../routes/routes.js';
import type { Action } from './commands/commands.js';
import type { Operator } from './commands/operator.js';
import { RefusedError, UnknownModuleError } from './terms/refused.js';
import type { ModuleStatus } from './terms/views.js';
import type { ModuleSettings } from './config/settings.js';
import { editOf } from './config/file-edit.js';
import { FileWriter } from './config/file-writer.js';
import { ModuleStore } from './store/module-store.js';
import { WishesFile } from './config/wishes-file.js';
import { parseWishes } from './config/wishes.js';
import type { FileWish } from './config/wishes.js';

let controlled: Controlled;
let operator: Operator;
let stop: () => Promise<void>;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  controlled = await Controlled.open();
  const controller = controlled.controller();
  operator = controller.operator;
  controller.start();
  stop = () => controller.stop();
});
afterEach(async () => {
  await controlled.close();
  jest.restoreAllMocks();
});

const parcels = 'parcels';
const act = (action: Action, dryRun = false) => operator.act(parcels, action, { actor: 'ann', dryRun });
const refusal = (action: Action, dryRun = false): Promise<string> =>
  act(action, dryRun).then(
    () => 'taken',
    (error: unknown) => {
      if (error instanceof RefusedError) return error.message;
      throw error;
    },
  );
const status = (): Promise<ModuleStatus> => operator.module(parcels);
const put = (side: 'monolith' | 'extracted', code: string) =>
  controlled.sides[side].test.query('insert into parcels.parcel values ($1, 1)', [code]);
const waitsFor = (text: string) =>
  until(`it waits for ${text}`, async () => ((await status()).waitingFor?.includes(text) ? true : undefined));
const published = (entry: Partial<RouteEntry>) =>
  until(`the routers hear ${JSON.stringify(entry)}`, () =>
    Object.entries(entry).every(
      ([key, value]) => controlled.published.at(-1)?.[key as keyof RouteEntry] === value,
    )
      ? true
      : undefined,
  );
const copied = (code: string) =>
  until(`${code} is copied`, async () => {
    const rows = await controlled.sides.extracted.test.query('select from parcels.parcel where code = $1', [
      code,
    ]);
    return rows.length > 0 ? true : undefined;
  });
/** Straight to a phase. */
async function reach(phase: Phase, percent: number | null = null): Promise<void> {
  await controlled.want(phase, percent);
  await controlled.reaches(phase, percent ?? undefined);
}
const wish = (phase: Phase, percent: number | null = null): ReadonlyMap<string, FileWish> =>
  new Map([[parcels, { ...fastSettings, phase, percent, line: 3, sources: {} }]]);

it('run walks out, rollback back; the history tells it, and the routers heard it', async () => {
  await put('monolith', 'first');
  const heard: string[] = [];
  const leave = operator.onEntry(({ action, outcome }) => heard.push(`${action} ${outcome}`));
  const { plan } = await act({ verb: 'run' });
  expect(plan).toHaveLength(7);
  await controlled.reaches('extracted');
  expect(await status()).toMatchObject({
    phase: 'extracted',
    percent: 100,
    waitingFor: null,
    wanted: { phase: 'extracted', by: 'operator' },
  });
  await until('the way back is open', async () => ((await status()).rollbackSafe ? true : undefined));
  await published({ phase: 'extracted', extractedBelow: 10_000 });
  await put('extracted', 'second');
  await act({ verb: 'rollback' });
  await controlled.reaches('monolith');
  expect(await controlled.differences()).toEqual([]);
  const history = await operator.history(parcels, 100);
  // On a busy machine a side may be out of order for a moment.
  const walk = history.filter(({ action }) => action !== 'outage');
  expect(walk.map(({ action, outcome }) => `${action} ${outcome}`).reverse()).toEqual([
    'run begun',
    'capture begun',
    'capture done',
    'verify done',
    'phase done',
    'verify done',
    'phase done',
    ...['10', '50', '100'].flatMap((share) => [
      `hand-off to ${share} % begun`,
      `hand-off to ${share} % done`,
    ]),
    'verify done',
    'phase done',
    'rollback begun',
    'phase done',
    'hand-off to 0 % begun',
    'hand-off to 0 % done',
    'phase done',
    'phase done',
    'uncapture begun',
    'uncapture done',
  ]);
  await until('the feed has heard all', () => (heard.length === history.length ? true : undefined));
  leave();
});

it('a dry run answers the plan and changes nothing', async () => {
  const before = await controlled.row();
  expect((await act({ verb: 'run' }, true)).plan[0]).toContain('monolith -> dual-write');
  expect(await act({ verb: 'shift', percent: 5 }, true)).toMatchObject({
    plan: [],
    refusal: expect.stringContaining('needs a full copy'),
  });
  expect(await controlled.row()).toEqual(before);
  expect(await operator.history(parcels, 10)).toEqual([]);
});

const illegalOnMonolith: [Action, string][] = [
  [{ verb: 'shift', percent: 5 }, 'run it to shadow first'],
  [{ verb: 'rollback' }, 'is in phase monolith'],
  [{ verb: 'resume' }, 'is not paused'],
  [{ verb: 'abort' }, 'nothing is under way'],
  [{ verb: 'verify' }, 'there is no copy to compare with'],
  [{ verb: 'failover', iHaveFencedIt: true }, 'nothing to take over'],
  [{ verb: 'decommission', confirm: 'parcel' }, '--confirm parcels'],
  [{ verb: 'decommission', confirm: 'parcels' }, 'only an extracted module'],
  [{ verb: 'quarantined', how: 'retry', ids: [7] }, 'there is no quarantined row 7'],
];

it('on monolith, what makes no sense is refused with what would make it legal, and that is in the history', async () => {
  for (const [action, words] of illegalOnMonolith) {
    expect(await refusal(action)).toContain(words);
    const [entry] = await operator.history(parcels, 1);
    expect(entry).toMatchObject({ actor: 'ann', action: action.verb, outcome: 'refused' });
  }
});

it('a module that is not there is answered with those that are', async () => {
  const nobody = operator.act('letters', { verb: 'run' }, { actor: 'ann', dryRun: false });
  await expect(nobody).rejects.toThrow(
    new UnknownModuleError('there is no module letters (there are parcels)'),
  );
  await expect(operator.module('parcel')).rejects.toThrow(
    new UnknownModuleError('there is no module parcel; did you mean parcels?'),
  );
});

it('each verb that begins something says where it ends, so that one can wait for it', async () => {
  const goalOf = async (action: Action) => (await act(action, true)).goal;
  const paused = { paused: 'all', pauseReason: 'by ann' } as const;
  const home = { phase: 'monolith', percent: null };
  expect(await goalOf({ verb: 'run' })).toEqual({ phase: 'extracted', percent: null });
  expect(await goalOf({ verb: 'advance' })).toEqual({ phase: 'dual-write', percent: null });
  await reach('shadow');
  await stop();
  expect(await goalOf({ verb: 'shift', percent: 30 })).toEqual({ phase: 'shifting', percent: 30 });
  expect(await goalOf({ verb: 'rollback' })).toEqual(home);
  expect(await goalOf({ verb: 'failover', iHaveFencedIt: true })).toEqual(home);
  await controlled.want('shifting', 30);
  expect(await goalOf({ verb: 'abort' })).toEqual({ phase: 'shadow', percent: null });
  await controlled.store.amend(parcels, () => ({ change: paused }));
  expect(await goalOf({ verb: 'resume' })).toEqual({ phase: 'shifting', percent: 30 });
  await controlled.store.amend(parcels, ({ settings }) => ({
    change: { settings: { ...settings, approve: [10] }, phase: 'shifting', paused: null, pauseReason: null },
  }));
  await controlled.want('extracted');
  expect(await goalOf({ verb: 'approve' })).toEqual({ phase: 'shifting', percent: 10 });
  await Promise.all(
    [controlled.sides.monolith, controlled.sides.extracted].map(({ test }) =>
      test.query('update strangler.ownership set extracted_below = 10000'),
    ),
  );
  await controlled.store.amend(parcels, () => ({ change: { phase: 'extracted' } }));
  expect(await goalOf({ verb: 'decommission', confirm: parcels })).toEqual({
    phase: 'decommissioned',
    percent: null,
  });
});

it('a module that is not fit to move is refused with the reasons', async () => {
  await controlled.sides.monolith.test.query(
    'alter table parcels.parcel add parent text references parcels.parcel',
  );
  const words = await refusal({ verb: 'run' });
  expect(words).toMatch(/cannot start to move: monolith: /);
  expect((await controlled.row()).wanted.phase).toBe('monolith');
});

it('two operators at once: one wins, the other is told', async () => {
  await reach('shadow');
  // Nor does who leads change anything.
  await stop();
  const both = await Promise.all([
    refusal({ verb: 'shift', percent: 10 }),
    refusal({ verb: 'rollback', to: 'dual-write' }),
  ]);
  expect(both.filter((answer) => answer === 'taken')).toHaveLength(1);
  expect(both.find((answer) => answer !== 'taken')).toContain('at the same moment');
});

it('advance goes one step, and overrides what only has too little data', async () => {
  await controlled.store.amend(parcels, ({ settings }) => ({
    change: { settings: { ...settings, gates: { ...settings.gates, minSamples: 200 } } },
  }));
  await reach('shadow');
  await act({ verb: 'run' });
  await waitsFor('needs 200 compared reads, has 0');
  const { plan } = await act({ verb: 'advance' });
  expect(plan.join()).toContain('"shadow mismatches", which has too little data, is overridden');
  await controlled.reaches('shifting');
});

it('a write past the port holds a hand-off, which says who it was; an operator who knows better passes it', async () => {
  await reach('shifting', 0);
  await put('monolith', 'written by hand');
  await controlled.store.amend(parcels, ({ settings }) => ({
    change: { settings: { ...settings, bakeMs: 3_600_000 } },
  }));
  await act({ verb: 'shift', percent: 10 });
  await waitsFor('past the port of parcels');
  await waitsFor('1 write by the role ');
  await waitsFor(': insert into parcels.parcel values (?, ...); last ');
  await act({ verb: 'advance' });
  await controlled.reaches('shifting', 10);
  expect(await refusal({ verb: 'rollback' })).toBe('taken');
  await controlled.reaches('monolith');
});

it('advance does not override a gate that fails', async () => {
  await reach('shadow');
  controlled.evidence = {
    ...quiet,
    shadow: { ...quiet.shadow, customer: { compared: 10, mismatches: 1, unavailable: 0 } },
  };
  expect(await refusal({ verb: 'advance' })).toMatch(
    /"shadow mismatches" cannot be overridden: 10 % .* of 10 calls of customers/,
  );
});

it('shift goes up and down', async () => {
  await reach('shadow');
  await act({ verb: 'shift', percent: 30 });
  await controlled.reaches('shifting', 30);
  await act({ verb: 'shift', percent: 7 });
  await controlled.reaches('shifting', 7);
  await published({ phase: 'shifting', extractedBelow: 700, readsBelow: 700 });
  expect(await refusal({ verb: 'shift', percent: 7 })).toContain('is at 7 % already');
});

it('a gate that breaks while shifting takes it back to shadow, says why, and does not let it start again', async () => {
  await reach('shifting', 30);
  await controlled.want('extracted');
  const failing = { ...quiet.calls.customer, extracted: { ...noCalls, calls: 100, errors: 50 } };
  controlled.evidence = { ...quiet, calls: { ...quiet.calls, customer: failing } };
  await controlled.reaches('shadow');
  expect(await status()).toMatchObject({
    paused: true,
    waitingFor: expect.stringContaining('returned by itself'),
  });
  const entries = await operator.history(parcels, 20);
  expect(entries).toContainEqual(
    expect.objectContaining({
      action: 'return',
      outcome: 'noted',
      reason: expect.stringContaining("50 % of the new side's calls fail"),
      figures: expect.objectContaining({ gate: 'error rate', value: 0.5, samples: 100 }),
    }),
  );
  controlled.evidence = quiet;
  await act({ verb: 'run' });
  await controlled.reaches('extracted');
});

it('pause keeps it where it is, resume lets it go on', async () => {
  await reach('shadow');
  await act({ verb: 'pause' });
  await controlled.want('extracted');
  await waitsFor('paused (by ann)');
  await act({ verb: 'resume' });
  await controlled.reaches('extracted');
});

it('abort takes a hand-off back that cannot drain', async () => {
  await reach('shadow');
  controlled.sides.monolith.still = true;
  await act({ verb: 'shift', percent: 100 });
  await controlled.reaches('shifting');
  controlled.sides.monolith.still = false;
  await controlled.reaches('shifting', 100);
  const begun = until('it hands off', async () => ((await status()).transition ? true : undefined));
  controlled.sides.extracted.fault = async (method, proceed) => {
    const answer = await proceed();
    // Changes never arrive, whatever the relay does.
    return method === 'drained' ? { done: false, confirmed: null } : answer;
  };
  await act({ verb: 'shift', percent: 0 });
  await begun;
  expect((await act({ verb: 'abort' })).plan[0]).toContain('taken back');
  await controlled.reaches('shifting', 100);
  expect(await status()).toMatchObject({ wanted: { phase: 'shifting', percent: 100 }, percent: 100 });
  controlled.sides.extracted.fault = undefined;
  const [aborted] = (await operator.history(parcels, 20)).filter(({ outcome }) => outcome === 'aborted');
  expect(aborted).toMatchObject({ reason: 'aborted by the operator' });
});

it('what is wanted changes while a step is under way: the step ends, then it turns round', async () => {
  await reach('shadow');
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  controlled.sides.extracted.fault = async (method, proceed) => {
    if (method === 'own') await held;
    return proceed();
  };
  await act({ verb: 'run' });
  await until('it hands off', async () => ((await status()).transition?.step === 'own' ? true : undefined));
  await act({ verb: 'rollback' });
  release();
  await controlled.reaches('monolith');
  expect((await operator.history(parcels, 50)).map(({ action }) => action)).toContain('hand-off to 10 %');
});

it('the extracted side does not answer: no hand-off begins, and the way out is named', async () => {
  await reach('shifting', 30);
  controlled.sides.extracted.fault = () => Promise.reject(new Error('nobody answers'));
  expect(await refusal({ verb: 'rollback' })).toMatch(/30 % of parcels .* failover/);
  expect(await status()).toMatchObject({
    degraded: true,
    rollbackSafe: false,
    sides: { extracted: { healthy: false } },
  });
  await act({ verb: 'shift', percent: 50 });
  await waitsFor('the service of parcels answers with an error (nobody answers)');
  expect(await operator.doctor(parcels)).toContainEqual(
    expect.objectContaining({
      problem: 'the service of parcels answers with an error (nobody answers)',
      remedy: expect.stringContaining('strangler failover parcels --i-have-fenced-it'),
      repairable: false,
    }),
  );
});

it('failover: only when fenced; the monolith takes all, and who comes back is fenced and reported', async () => {
  await reach('shifting', 100);
  const { extracted } = controlled.sides;
  extracted.still = true;
  await put('extracted', 'lost');
  extracted.fault = () => Promise.reject(new Error('gone'));
  expect(await refusal({ verb: 'failover', iHaveFencedIt: false })).toContain('--i-have-fenced-it');
  const missing = expect.stringMatching(/of the 100 % .* the last state is not known/);
  const by = { actor: 'ann', dryRun: true };
  expect(await operator.act(parcels, { verb: 'failover', iHaveFencedIt: false }, by)).toMatchObject({
    plan: expect.arrayContaining([missing]),
    refusal: expect.stringContaining('--i-have-fenced-it'),
  });
  const { plan } = await act({ verb: 'failover', iHaveFencedIt: true });
  expect(plan[0]).toEqual(missing);
  await controlled.reaches('monolith');
  await put('monolith', 'kept');
  extracted.fault = undefined;
  await until('it is fenced, or has given way', async () => {
    const { ownership } = await extracted.control.state();
    return ownership.fenceTo === 10_000 || ownership.extractedBelow === 0 ? true : undefined;
  });
  await expect(put('extracted', 'late')).rejects.toMatchObject({
    code: expect.stringMatching(/^SR4(09|23)$/),
  });
  // Its relay is told to say hello first; then it gives way.
  extracted.still = false;
  await until('it is reported', async () =>
    (await operator.history(parcels, 5)).some(
      ({ outcome, figures }) => outcome === 'noted' && figures.reported === 1,
    )
      ? true
      : undefined,
  );
  await expect(put('extracted', 'late')).rejects.toMatchObject({ code: 'SR409' });
  await act({ verb: 'run' });
  await controlled.reaches('extracted');
  await controlled.sides.drained();
  expect(await controlled.differences()).toEqual([]);
});

it('a corrupted row: verify finds it, and it goes no further', async () => {
  await put('monolith', 'first');
  await reach('dual-write');
  await copied('first');
  await controlled.sides.extracted.test.query(
    `begin; set local strangler.applying = 'parcels'; update parcels.parcel set weight = 2; commit`,
  );
  await act({ verb: 'run' });
  await waitsFor('verify found 2 differences');
  expect((await controlled.row()).phase).toBe('dual-write');
});

it('decommission is refused while a difference exists or the code is used, and ends with the tables aside', async () => {
  await put('monolith', 'first');
  await reach('extracted');
  controlled.localUse = ['a process'];
  expect(await refusal({ verb: 'decommission', confirm: parcels })).toContain(
    'needs no process that runs the code of parcels in the monolith, has 1',
  );
  controlled.localUse = [];
  await controlled.sides.monolith.test.query(
    `begin; set local strangler.applying = 'parcels'; update parcels.parcel set weight = 2; commit`,
  );
  await act({ verb: 'decommission', confirm: parcels });
  await until('verify finds it', async () =>
    (await operator.history(parcels, 3)).some(
      ({ action, reason }) => action === 'decommission' && reason?.startsWith('verify found'),
    )
      ? true
      : undefined,
  );
  expect(await status()).toMatchObject({ phase: 'extracted', wanted: { phase: 'extracted' } });
  expect(await refusal({ verb: 'decommission', confirm: parcels })).toContain('verify found 2 differences');
  await controlled.sides.monolith.test.query(
    `begin; set local strangler.applying = 'parcels'; update parcels.parcel set weight = 1; commit`,
  );
  await act({ verb: 'verify' });
  await until('clean', async () => ((await status()).verify.differences === 0 ? true : undefined));
  await act({ verb: 'decommission', confirm: parcels });
  await controlled.reaches('decommissioned');
  expect(await refusal({ verb: 'rollback' })).toContain('is decommissioned');
  // In a database of before there were ids it is paired now, so that it can be called.
  for (const { test } of [controlled.sides.monolith, controlled.sides.extracted])
    await test.query('update strangler.ownership set peer = null, peer_since = null');
  await until('each side knows the other one', async () => {
    const [home, away] = await Promise.all(
      [controlled.sides.controls.monolith, controlled.sides.controls.extracted].map((side) => side.state()),
    );
    const [at, of] = [home!.standpoint, away!.standpoint];
    return at.peer === of.database && of.peer === at.database ? true : undefined;
  });
  await act({ verb: 'decommission', confirm: parcels, purge: true });
  const left = await controlled.sides.monolith.test.query(
    `select from pg_namespace where nspname = 'parcels_retired'`,
  );
  expect(left).toEqual([]);
});

it('an index is made in the middle of a move by which both sides could give out one value: no more goes out, and the way back is open', async () => {
  await reach('shifting', 30);
  await controlled.sides.monolith.test.query('create unique index once on parcels.parcel (weight)');
  await controlled.want('shifting', 50);
  await waitsFor('it cannot go on: monolith: the unique index parcels.once');
  await reach('shifting', 10);
  await controlled.sides.monolith.test.query('drop index parcels.once');
  await reach('shifting', 50);
});

it.each([
  ['of some buckets, of which the other side has heard', { from: 5_000, to: 6_000 }, true],
  ['of all buckets, of which it has not', { from: 0, to: 10_000 }, false],
])('doctor frees a fence that nobody is behind, %s', async (_what, range, heard) => {
  await reach('shifting', 30);
  const { monolith, extracted } = controlled.sides.controls;
  const { epoch } = (await monolith.state()).ownership;
  await monolith.fence({ epoch, ...range });
  if (heard) await extracted.raise({ epoch, to: epoch + 1 });
  const [found] = await operator.doctor(parcels);
  expect(found).toMatchObject({ repairable: true, problem: expect.stringContaining(`[${range.from}, `) });
  await act({ verb: 'doctor', repair: true });
  expect(await operator.doctor(parcels)).toEqual([]);
  for (const side of [monolith, extracted])
    expect((await side.state()).ownership).toMatchObject({
      fenceFrom: null,
      extractedBelow: 3_000,
      epoch: epoch + 2,
    });
  // What the hand-off had sent and comes late is refused.
  expect(await extracted.own({ epoch, extractedBelow: 6_000 })).toBe(false);
});

it('doctor stops capture that was left on a side while it could not be asked', async () => {
  await reach('dual-write');
  const { extracted } = controlled.sides;
  extracted.fault = () => Promise.reject(new Error('nobody answers'));
  await act({ verb: 'rollback' });
  await controlled.reaches('monolith');
  extracted.fault = undefined;
  const [found] = await operator.doctor(parcels);
  expect(found).toMatchObject({
    repairable: true,
    problem: 'extracted still captures changes, in phase monolith',
  });
  await act({ verb: 'doctor', repair: true });
  expect((await extracted.control.state()).ownership.capture).toBe(false);
});

it('doctor leaves the other side of a module at home alone where asking would start a server', async () => {
  const asked: string[] = [];
  controlled.sides.extracted.fault = (method, proceed) => {
    asked.push(method);
    return proceed();
  };
  let wakes = true;
  const asking = controlled.controller({ wakesServers: () => wakes });
  expect(await asking.operator.doctor(parcels)).toEqual([]);
  expect(asked).toEqual([]);
  wakes = false;
  expect(await asking.operator.doctor(parcels)).toEqual([]);
  expect(asked).toEqual(['state']);
});

it('doctor tells what is found beside the modules, also in a process that does not lead', async () => {
  const beside = { module: null, problem: 'a hole', meaning: 'open', remedy: 'close it', repairable: false };
  const follower = controlled.controller({ findings: [() => [beside]] });
  expect(await follower.operator.doctor(undefined)).toEqual([beside]);
  expect(await follower.operator.doctor(parcels)).toEqual([beside]);
});

describe('steered by the file', () => {
  it('walks there and back as the file changes, and the operator is told which line holds it, and the way', async () => {
    const controller = controlled.controller();
    controller.start();
    await stop();
    operator = controller.operator;
    controller.steer(wish('extracted'));
    await controlled.reaches('extracted');
    expect((await status()).wanted).toEqual({ phase: 'extracted', percent: null, by: 'file' });
    const commands: [Action, string][] = [
      [{ verb: 'rollback' }, 'rollback parcels'],
      [{ verb: 'rollback', to: 'shadow' }, 'rollback parcels --to shadow'],
      [{ verb: 'shift', percent: 5 }, 'shift parcels 5'],
    ];
    const refused = (command: string) =>
      `parcels is steered by strangler.yaml, line 3; change it there, or from here with: strangler ${command} --write`;
    for (const [action, command] of commands) expect(await refusal(action)).toBe(refused(command));
    await act({ verb: 'pause' });
    await act({ verb: 'resume' });
    controller.steer(wish('monolith'));
    await controlled.reaches('monolith');
    const settings = { ramp: [5, 50], bake: '1m', gates: { minSamples: 9 } };
    expect(await refusal({ verb: 'run', settings })).toBe(
      refused('run parcels --ramp 5,50 --bake 1m --min-samples 9'),
    );
    // What no change of the line makes legal is not said to be so.
    expect(await refusal({ verb: 'shift', percent: 5 })).toMatch(
      /needs a full copy.*: strangler run parcels --write$/,
    );
    controller.steer(new Map());
    await until('the operator steers', async () =>
      (await status()).wanted.by === 'operator' ? true : undefined,
    );
    await act({ verb: 'run' });
    await controlled.reaches('dual-write');
  });

  it('what only looks is never refused', async () => {
    const controller = controlled.controller();
    controller.start();
    await stop();
    operator = controller.operator;
    controller.steer(wish('monolith'));
    await until('it is steered', async () => ((await status()).wanted.by === 'file' ? true : undefined));
    const { plan } = await act({ verb: 'run' }, true);
    expect(plan[0]).toBe(
      'parcels is steered by strangler.yaml, line 3: this takes --write, which changes that line',
    );
    expect(plan[1]).toContain('monolith -> dual-write');
  });

  it('what went back by itself starts again only when the file is changed, not when it is read again', async () => {
    await stop();
    const first = controlled.controller();
    first.steer(wish('extracted'));
    first.start();
    await controlled.reaches('dual-write');
    await first.stop();
    await controlled.store.amend(parcels, ({ wanted }) => ({
      change: {
        wanted: { ...wanted, phase: 'dual-write', since: fastClock.now() },
        paused: 'up',
        pauseReason: 'broken',
      },
    }));
    const second = controlled.controller();
    second.steer(
      new Map([[parcels, { ...fastSettings, phase: 'extracted', percent: null, line: 7, sources: {} }]]),
    );
    second.start();
    await until('it was read', async () => ((await controlled.row()).filed?.line === 7 ? true : undefined));
    expect(await controlled.row()).toMatchObject({ paused: 'up', wanted: { phase: 'dual-write' } });
    second.steer(wish('shifting', 5));
    await until('it was read', async () =>
      (await controlled.row()).filed?.percent === 5 ? true : undefined,
    );
    expect(await controlled.row()).toMatchObject({ paused: null, wanted: { phase: 'shifting', percent: 5 } });
  });

  it('only who leads steers: what another process reads counts when it comes to lead', async () => {
    await stop();
    const [leader, other] = [controlled.controller(), controlled.controller()];
    leader.steer(wish('dual-write'));
    leader.start();
    await controlled.reaches('dual-write');
    other.steer(wish('monolith'));
    other.start();
    // The other one looks at the module as often as the leader does.
    leader.steer(wish('shadow'));
    await controlled.reaches('shadow');
    expect((await controlled.row()).filed).toEqual({
      phase: 'shadow',
      percent: null,
      path: 'strangler.yaml',
      line: 3,
    });
    await leader.stop();
    await controlled.reaches('monolith');
  });

  it('advance opens a gate on the way that the file wants, and goes no further without --write', async () => {
    const controller = controlled.controller();
    controller.start();
    await stop();
    operator = controller.operator;
    const gates = { ...fastSettings.gates, minSamples: 200 };
    const wants = { ...fastSettings, gates, phase: 'shifting', percent: 5, line: 3, sources: {} } as const;
    controller.steer(new Map([[parcels, wants]]));
    await waitsFor('needs 200 compared reads');
    await act({ verb: 'advance' });
    await controlled.reaches('shifting');
  });
});

describe('the file that is changed from here', () => {
  let folder: string;
  let path: string;
  let file: WishesFile;
  beforeEach(async () => {
    jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    folder = await mkdtemp(join(tmpdir(), 'written-'));
    path = join(folder, 'strangler.yaml');
    await writeFile(path, text('monolith'));
    await stop();
    const parse = (text: string) => parseWishes(text, [parcels]);
    file = new WishesFile(path, parse, (wishes) => wishes && controller.steer(wishes));
    const controller = controlled.controller({
      writer: new FileWriter(path, (text, change) => editOf(text, [parcels], change), file),
    });
    await file.load(false);
    controller.start();
    operator = controller.operator;
    await until('it is steered', async () => ((await status()).wanted.by === 'file' ? true : undefined));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const text = (phase: string, settings = '') =>
    `# all\nmodules:\n  parcels: { phase: ${phase}, ramp: [50], bake: 0s, gates: { minSamples: 0, lagMs: 10000 }${settings} } # why\n`;

  it('says so in a dry run, then in its line, with its comments, by whom, and walks there', async () => {
    const run = { verb: 'run', settings: { ack: 'owner' }, write: true } as const;
    const { plan } = await act(run, true);
    expect(plan[0]).toMatch(
      /^line 3 of .*strangler.yaml, "parcels: .*monolith.*", becomes "parcels: .*extracted.* # why"$/,
    );
    expect(await readFile(path, 'utf8')).toBe(text('monolith'));
    await act(run);
    expect(await readFile(path, 'utf8')).toBe(text('extracted', ', ack: owner'));
    await controlled.reaches('extracted');
    const { wanted, settings } = await status();
    expect(wanted).toMatchObject({ phase: 'extracted', by: 'file' });
    const from = expect.stringMatching(/strangler.yaml line 3$/);
    expect(settings).toContainEqual({ key: 'ack', value: 'owner', from });
    const history = await operator.history(parcels, 50);
    expect(history.find(({ action }) => action === 'run')).toMatchObject({ actor: 'ann', outcome: 'begun' });
  });

  it('and row end the same, whoever else writes: others at once, and a hand in the middle of it', async () => {
    const change = ModuleStore.prototype.change;
    const slow = jest.spyOn(ModuleStore.prototype, 'change');
    // The row follows only when somebody else has written the file anew, and that has been read and carried over.
    slow.mockImplementationOnce(async function (this: ModuleStore, ...how) {
      await writeFile(path, text('dual-write'));
      await file.look();
      await until('the hand counts', async () =>
        (await controlled.row()).filed?.phase === 'dual-write' ? true : undefined,
      );
      await act({ verb: 'pause' });
      return change.apply(this, how);
    });
    await act({ verb: 'run', write: true });
    slow.mockRestore();
    await until('row and file agree', async () => {
      const { filed, wanted } = await controlled.row();
      return filed?.phase === 'dual-write' && wanted.phase === 'dual-write' ? true : undefined;
    });
    expect(await controlled.row()).toMatchObject({ paused: 'all', wanted: { by: 'file' } });
    expect(await readFile(path, 'utf8')).toBe(text('dual-write'));
  });

  it('is left alone where somebody has spoiled it', async () => {
    await writeFile(path, 'modules:\n  parcels: gone\n');
    expect(await refusal({ verb: 'run', write: true })).toMatch(/line 2 refused: .*; mend it first/);
    expect(await readFile(path, 'utf8')).toContain('gone');
  });

  it('does not keep a module from going back where somebody has spoiled it, whatever it says once it is mended', async () => {
    await act({ verb: 'run', write: true });
    await controlled.reaches('extracted');
    const mended = await readFile(path, 'utf8');
    const spoiled = `${mended}  gone: monolith\n`;
    await writeFile(path, spoiled);
    const rollback = { verb: 'rollback', write: true } as const;
    const { plan } = await act(rollback, true);
    expect(plan[0]).toMatch(
      /line 4 refused: .*there is no such module .*; so the line of parcels stays as it is, and counts again once it is changed$/,
    );
    await act(rollback);
    await controlled.reaches('monolith');
    expect(await readFile(path, 'utf8')).toBe(spoiled);
    await writeFile(path, `# mended\n${mended}`);
    await file.look();
    await until('it was read', async () => ((await controlled.row()).filed?.line === 4 ? true : undefined));
    expect(await controlled.row()).toMatchObject({
      paused: 'up',
      pauseReason: expect.stringMatching(/^rolled back by ann while the file was refused; mend it/),
      wanted: { phase: 'monolith', by: 'file' },
    });
    // Its line is edited by a person.
    await writeFile(path, text('dual-write'));
    await file.look();
    await controlled.reaches('dual-write');
  });

  it('is changed by who leads only, and others say where that is', async () => {
    const other = controlled.controller({ leaderOf: () => 'process 1 on host a' });
    operator = other.operator;
    expect(await refusal({ verb: 'run', write: true })).toMatch(
      /led by process 1 on host a: ask the admin API of that process, or change line 3 of strangler.yaml there by hand/,
    );
  });
});

it('what is out of order has one entry when it begins and one when it ends', async () => {
  await reach('shadow');
  const { extracted } = controlled.sides;
  extracted.fault = () => Promise.reject(new Error('nobody answers'));
  const outages = async () =>
    (await operator.history(parcels, 50)).filter(({ action }) => action === 'outage');
  await until('the begin', async () => ((await outages()).length > 0 ? true : undefined));
  extracted.fault = undefined;
  const all = await until('the end', async () => {
    const entries = await outages();
    return entries.some(({ outcome }) => outcome === 'done') ? entries : undefined;
  });
  const answering = all.filter(({ reason }) => reason?.includes('answer')).map(({ outcome }) => outcome);
  expect(answering).toEqual(['done', 'begun']);
  expect((await controlled.row()).outages.extracted).toBeUndefined();
});

it('each entry of the history is a line of the log', async () => {
  const log = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  await act({ verb: 'pause' });
  await refusal({ verb: 'pause' });
  const refused = expect.stringContaining('parcels: pause refused: parcels is paused already');
  expect(log.mock.calls.map(([line]) => line as unknown)).toEqual([
    expect.objectContaining({ module: parcels, actor: 'ann', action: 'pause', outcome: 'done' }),
    expect.objectContaining({ msg: refused }),
  ]);
});

describe('a person has to approve', () => {
  const approving = (change: Partial<ModuleSettings>) =>
    controlled.store.amend(parcels, ({ settings }) => ({ change: { settings: { ...settings, ...change } } }));

  it('before the step that leads to the share, whoever steers, and nothing else passes it', async () => {
    await approving({ ramp: [50, 100], approve: [100] });
    expect(await refusal({ verb: 'approve' })).toContain('no step of parcels waits for an approval');
    await act({ verb: 'run' });
    await waitsFor("a person's approval of the step");
    expect(await controlled.row()).toMatchObject({ phase: 'shifting', percent: 50 });
    expect(await refusal({ verb: 'advance' })).toMatch(/"approval" cannot be overridden: .*approve parcels/);
    const { goal } = await act({ verb: 'approve' });
    expect(goal).toEqual({ phase: 'shifting', percent: 100 });
    await controlled.reaches('extracted');
    expect((await operator.history(parcels, 50)).find(({ action }) => action === 'approve')).toMatchObject({
      actor: 'ann',
      outcome: 'done',
    });
  });

  it('anew when the module has gone back; and an approval outlives the process', async () => {
    await approving({ ramp: [50, 100], approve: [50] });
    await act({ verb: 'run' });
    await waitsFor("a person's approval of the step");
    await act({ verb: 'pause' });
    await act({ verb: 'approve' });
    await stop();
    const next = controlled.controller();
    next.start();
    operator = next.operator;
    await act({ verb: 'resume' });
    await controlled.reaches('extracted');
    await act({ verb: 'rollback', to: 'shadow' });
    await controlled.reaches('shadow');
    await act({ verb: 'run' });
    await waitsFor("a person's approval of the step");
  });
});

it('two controllers: one leads, and the other takes over when it ends', async () => {
  const other = controlled.controller();
  other.start();
  await reach('dual-write');
  await stop();
  await reach('shifting', 50);
});
