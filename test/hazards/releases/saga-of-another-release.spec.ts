import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { contract, process } from 'nestjs-strangler/contract';
import { own } from 'nestjs-strangler';
import { prepare, type PreparedOperation } from '#strangler/contract/operation';
import { SagaRecovery } from '#strangler/calls/sagas/recovery';
import { refusal } from '../../support/failure.js';
import { Answer, Ask } from '../../support/toy.js';
import { toyDesk } from '../../support/toy-desk.js';
import { refused, till, type ToyRelease } from '../../support/toy-modules.js';
import { until } from '../../support/until.js';

/*
 * A release changes a process while sagas of it are on their way; processes of both releases look for sagas that are due:
 *
 *     the release before                            the next one
 *     take, note; pay: closed; waits at step 2
 *                                                   takes it up, and goes on at its own step 2: ships what was never paid
 *     takes up what that one has stored at step 3,
 *     which is another step here
 *
 * So the row says which definition it is of and what its step is called. Who does not know them leaves it alone: it is not taken up again
 * and again, and nothing waits behind it.
 */
const desk = toyDesk();
beforeEach(() => desk.modules.away('till'));

const closed = refused(till.error('pay', 'closed'));
const declined = refused(till.error('pay', 'declined'));

const stepNamed = (name: string, run: (text: string) => Promise<void>) =>
  own<Ask>(name, ({ name: who }) => run(`${name} ${who}`));
/** What a release may make of take, note, pay, stamp, ship. */
const changes: Record<string, ToyRelease> = {
  'has put a step in': (saga, write) => ({
    ...saga,
    steps: saga.steps.flatMap((step) =>
      step.name === 'till.pay' ? [stepNamed('weigh', write), step] : [step],
    ),
  }),
  'has taken a step out': (saga) => ({ ...saga, steps: saga.steps.filter(({ name }) => name !== 'note') }),
  'calls a step otherwise': (saga, write) => ({
    ...saga,
    pivot: 'seal',
    steps: saga.steps.map((step) => (step.name === 'stamp' ? stepNamed('seal', write) : step)),
  }),
};
type Modules = typeof desk.modules;
const inserted = changes['has put a step in']!;

/** As the second definition; `keeps`: with the first beside it. */
const second =
  (change: ToyRelease, keeps = true): ToyRelease =>
  (saga, write) => ({ ...change(saga, write), version: 2, ...(keeps && { earlier: { 1: saga } }) });

/** A saga waits for its payment, begun in a process of this release. */
async function waiting(name: string, modules = desk.modules): Promise<void> {
  modules.remote.next('till.pay', closed);
  await modules.port.serve({ name });
  await desk.timePasses();
}

const rows = () =>
  desk.database.query<{ name: string; process: string; version: number; status: string }>(
    'select routing_key as name, process, version, status from desk.saga order by created_at',
  );
const statusOf = async (name: string) => (await rows()).find((row) => row.name === name)?.status;

/** A saga is not touched in the one release, and done in the other. */
async function left(name: string, unknowing: Modules, knowing: Modules): Promise<void> {
  const row = async () => (await rows()).find((each) => each.name === name);
  const before = await row();
  for (let n = 0; n < 3; n++) expect(await unknowing.engine.resumeDue(8)).toBe(0);
  expect(await row()).toEqual(before);
  expect(await knowing.engine.resumeDue(8)).toBe(1);
  expect(await statusOf(name)).toBe('done');
}

describe.each(Object.entries(changes))('a release that %s', (_, change) => {
  it('carries what was begun before on as it was begun, and begins anew as it is now', async () => {
    await waiting('A');
    const next = desk.anotherRelease(second(change), 'till');
    expect(await next.engine.resumeDue(8)).toBe(1);
    expect(await desk.effects()).toEqual({
      shelf: ['take A', 'ship A'],
      till: ['pay A'],
      desk: ['note A', 'wait A', 'stamp A'],
    });
    await next.port.serve({ name: 'B' });
    const written = (await desk.effects()).desk.filter((what) => what.endsWith('B'));
    expect(written).toEqual(
      next.saga.steps.flatMap(({ kind, name }) => (kind === 'own' ? [`${name} B`] : [])),
    );
    expect(await rows()).toMatchObject([
      { name: 'A', process: 'serve', status: 'done' },
      { name: 'B', process: 'serve@2', status: 'done' },
    ]);
  });

  it('takes what was begun before back as it was begun', async () => {
    await waiting('A');
    const next = desk.anotherRelease(second(change), 'till');
    next.remote.next('till.pay', declined);
    await next.engine.resumeDue(8);
    expect(await desk.effects()).toEqual({
      shelf: ['take A', 'giveBack A'],
      till: ['payBack A'],
      desk: ['note A', 'wait A', 'unnote A'],
    });
    expect(await statusOf('A')).toBe('failed');
  });

  it('and the one before leave alone what they do not know, however often they look', async () => {
    const next = desk.anotherRelease(second(change, false), 'till');
    const { modules } = desk;
    await waiting('OLD');
    await left('OLD', next, modules);
    await waiting('NEW', next);
    await left('NEW', modules, next);
  });

  it('that forgets to say that it is another definition, is told by the names of its steps', async () => {
    await waiting('A');
    const forgetful = desk.anotherRelease(change, 'till');
    const [before] = await rows();
    const taken = await forgetful.engine.resumeDue(8);
    // Where it was only called otherwise further on, `pay` is what it was.
    const same = forgetful.saga.steps[2]?.name === 'till.pay';
    expect(taken).toBe(same ? 1 : 0);
    if (same) expect((await desk.effects()).till).toEqual(['pay A']);
    else expect(await rows()).toEqual([before]);
  });
});

it('what nobody here knows keeps nothing behind it from going on, however much it is', async () => {
  const next = desk.anotherRelease(second(inserted), 'till');
  for (let n = 0; n < 20; n++) await waiting(`U-${n}`, next);
  await waiting('LAST');
  await desk.database.query(
    `update desk.saga set due_at = now() - case routing_key when 'LAST' then interval '0' else interval '1 hour' end`,
  );
  expect(await desk.modules.engine.resumeDue(8)).toBe(1);
  expect(await statusOf('LAST')).toBe('done');
});

/* 0.2.0 changes the number of the step alone, and so the name beside it is of another number. */
it('one that a process of 0.2.0 has begun, or brought on, goes on by the number of its step', async () => {
  await waiting('A');
  await desk.database.query(`update desk.saga set step = 3, status = 'running'`);
  await desk.modules.engine.resumeDue(8);
  expect((await desk.effects()).desk).toEqual(['note A', 'wait A', 'stamp A']);
  expect((await desk.effects()).till).toEqual([]);
  expect(await statusOf('A')).toBe('done');
});

describe('who asks a process for a saga of the other release', () => {
  const commandId = randomUUID;

  it('hears its answer once that release has done it', async () => {
    const id = commandId();
    const next = desk.anotherRelease(second(inserted), 'till');
    const answer = await next.port.serve({ name: 'A' }, { commandId: id });
    expect(await desk.modules.port.serve({ name: 'A' }, { commandId: id })).toEqual(answer);
  });

  it('hears until then that nobody here knows, and not that it has succeeded', async () => {
    const id = commandId();
    const next = desk.anotherRelease(second(inserted), 'till');
    next.remote.next('till.pay', closed);
    await next.port.serve({ name: 'A' }, { commandId: id });
    // The fifth step: past the pivot of the release before, and not past its own.
    await desk.database.query(`update desk.saga set step = 4, status = 'running', state = $1`, [
      { name: 'A', $step: { at: 4, name: 'stamp' } },
    ]);
    const soon = () => performance.now() + 1_000;
    const asked = desk.within(soon(), () => desk.modules.port.serve({ name: 'A' }, { commandId: id }));
    expect(await refusal(asked)).toMatchObject({ code: 'outcome_unknown' });
  });
});

describe('what nobody carries on', () => {
  const unknown = () => desk.modules.engine.stranded('desk');

  it('is an alarm once it is due for longer than anybody who works on it would need', async () => {
    const next = desk.anotherRelease(second(inserted), 'till');
    await waiting('A', next);
    await waiting('B', next);
    await waiting('C');
    expect(await unknown()).toEqual([]);
    await desk.database.query(`update desk.saga set due_at = now() - interval '1 minute'`);
    const [found, ...more] = await unknown();
    expect(more).toEqual([]);
    expect(found).toMatchObject({ process: 'serve@2', step: 3, name: 'till.pay', sagas: 2 });
    expect(found!.dueMs).toBeGreaterThanOrEqual(60_000);
    expect(await next.engine.stranded('desk')).toEqual([]);
  });

  it('is told in the log once, and once when it is over', async () => {
    const said = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    const over = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    const next = desk.anotherRelease(second(inserted), 'till');
    await waiting('A', next);
    await desk.database.query(`update desk.saga set due_at = now() - interval '10 minutes'`);
    const now = performance.now.bind(performance);
    // Each look at a time at which it is looked again.
    let looks = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 10_000 * looks++);
    const recovery = new SagaRecovery(desk.modules.engine);
    recovery.onApplicationBootstrap();
    const alarms = () => said.mock.calls.map(([line]) => line as string).filter((line) => /serve/.test(line));
    await until('it is told', () => alarms()[0]);
    expect(alarms()[0]).toMatch(
      /^1 saga of desk\.serve at step 3 \("till\.pay"\) of definition 2, due for 6\d\d s: no process here knows it$/,
    );
    const looked = looks;
    await until('it has looked again', () => (looks > looked + 4 ? true : undefined));
    await next.engine.resumeDue(8);
    await until('it is over', () => over.mock.calls.find(([line]) => /carried on/.test(line as string)));
    expect(alarms()).toHaveLength(1);
    await recovery.beforeApplicationShutdown();
  });
});

/* As in an old process, from whose database a module was decommissioned. */
it('a module whose sagas have gone keeps those of the others from nothing, and is told once', async () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const { engine, saga } = desk.modules;
  const attic = contract('attic', {
    ownership: 'by-key',
    operations: { clear: process({ input: Ask, output: Answer, key: ({ name }) => name }) },
  });
  engine.register(prepare(attic).get('clear') as PreparedOperation, saga);
  for (const name of ['A', 'B']) {
    await waiting(name);
    expect(await engine.resumeDue(8)).toBe(1);
  }
  const told = warned.mock.calls.map(([line]) => line as { module?: string });
  expect(told.filter(({ module }) => module === 'attic')).toHaveLength(1);
});
