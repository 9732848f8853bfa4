import { randomUUID } from 'node:crypto';
import { currentContext } from '#strangler/database/context';
import type { Handler } from '#strangler/calls/executor';
import { prepare, type PreparedOperation } from '#strangler/contract/operation';
import { SagaRecovery } from '#strangler/calls/sagas/recovery';
import { register } from '#strangler/calls/sagas/registered';
import { ModuleSagas } from '#strangler/calls/sagas/module-sagas';
import { blockedSessions } from '../../support/blocked.js';
import { refusal } from '../../support/failure.js';
import { door } from '../../support/rpc.js';
import { toyDesk } from '../../support/toy-desk.js';
import { desk as contract, noAnswer, refused, till, type Way } from '../../support/toy-modules.js';
import { until } from '../../support/until.js';

/*
 * The process that works on a saga dies, or is so slow that another one takes its place while it is still at it. Whoever
 * changes the record first has decided; nobody ever confirms what another one takes back.
 */
const desk = toyDesk();
beforeEach(() => desk.modules.away('till'));

const declined = refused(till.error('pay', 'declined'));
const done = { shelf: ['take A', 'ship A'], till: ['pay A'], desk: ['note A', 'stamp A'] };

/** A saga as a process leaves it that dies at `step`: its lease has run out, its caller has not been answered. */
async function leftBehind(name = 'A', change: object = {}): Promise<void> {
  const saga = { status: 'running', step: 2, state: { name }, process: 'serve', attempts: 0, ...change };
  const commandId = randomUUID();
  await desk.database.query(`insert into desk.idempotency values ($1, $2, 'hash')`, [commandId, name]);
  await desk.database.query(`insert into shelf.effect (what) values ($1)`, [`take ${name}`]);
  await desk.database.query(
    `insert into desk.saga (id, command_id, routing_key, process, request_id, status, step, state, attempts, due_at)
     values ($1, $2, $3, $4, 'request-1', $5, $6, $7, $8, now() - interval '1 s')`,
    [randomUUID(), commandId, name, saga.process, saga.status, saga.step, saga.state, saga.attempts],
  );
}

const resume = () => desk.modules.engine.resumeDue(8);

const entryOf = ({ saga }: typeof desk.modules) =>
  register(prepare(contract).get('serve') as PreparedOperation, saga)[0];
const sagas = () => new ModuleSagas('desk', [entryOf(desk.modules)]);

describe('after a crash', () => {
  it('a saga goes on where it stands, and its answer is kept for whoever asks', async () => {
    await leftBehind();
    expect(await resume()).toBe(1);
    expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
    expect(await desk.effects()).toEqual({ ...done, desk: ['stamp A'] });
    expect(await desk.claims()).toEqual([{ result: { name: 'A', text: 'stamp' } }]);
  });

  it('the step at which it stands may have been done: if it is refused now, it is undone as well', async () => {
    await leftBehind();
    desk.modules.remote.next('till.pay', declined);
    await resume();
    expect(await desk.effects()).toEqual({
      shelf: ['take A', 'giveBack A'],
      till: ['payBack A'],
      desk: ['unnote A'],
    });
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
    expect(await desk.claims()).toEqual([]);
  });

  it.each([
    [{ step: 2 }, { shelf: ['take A', 'giveBack A'], till: ['payBack A'], desk: ['unnote A'] }],
    [{ step: 0 }, { shelf: ['take A', 'giveBack A'], till: [], desk: [] }],
    [{ step: -1 }, { shelf: ['take A'], till: [], desk: [] }],
  ])('undoing goes on from %j', async (at, effects) => {
    await leftBehind('A', { status: 'compensating', ...at });
    await resume();
    expect(await desk.effects()).toEqual(effects);
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
  });

  it('past the pivot there is only forward, refused or not', async () => {
    await leftBehind('A', { step: 4 });
    desk.modules.away('shelf');
    desk.modules.remote.next('shelf.ship', declined);
    await resume();
    await desk.timePasses();
    await resume();
    expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
    expect(await desk.effects()).toEqual({ shelf: ['take A', 'ship A'], till: [], desk: [] });
  });

  it('its log lines and calls carry the id of the request that began it', async () => {
    await leftBehind();
    let seen: string | undefined;
    desk.modules.remote.next('till.pay', (deliver) => {
      seen = currentContext()?.requestId;
      return deliver();
    });
    await resume();
    expect(seen).toBe('request-1');
  });

  it('a saga that is over, or has a lease that runs, or is of a kind that nobody here knows, is left alone', async () => {
    await leftBehind('A', { status: 'done', step: 5 });
    await leftBehind('B', { status: 'failed', step: -1 });
    await leftBehind('C');
    await desk.database.query(
      `update desk.saga set due_at = now() + interval '1 min' where routing_key = 'C'`,
    );
    expect(await resume()).toBe(0);
    await leftBehind('D', { process: 'older' });
    await leftBehind('E');
    await resume();
    expect((await desk.effects()).till).toEqual(['pay E']);
  });

  it('several processes share what is due: each saga is taken by one', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `N-${i}`);
    for (const name of names) await leftBehind(name);
    const processes = [desk.modules, desk.anotherProcess('till'), desk.anotherProcess('till')];
    const found = await Promise.all(processes.map(({ engine }) => engine.resumeDue(20)));
    expect(found.reduce((sum, each) => sum + each)).toBe(names.length);
    const calls = processes.flatMap(({ remote }) => remote.named('till.pay'));
    expect(calls).toHaveLength(names.length);
    expect((await desk.effects()).till.sort()).toEqual(names.map((name) => `pay ${name}`).sort());
  });
});

describe('a process that is slow, not dead', () => {
  /** The first process stands in `pay`; resolves when a second one has taken its saga and driven it as far as it goes. */
  async function takenOver(first: Way, ...second: Way[]) {
    const { open, passed } = door();
    let there = false;
    desk.modules.remote.next('till.pay', async (deliver, options) => {
      there = true;
      await passed;
      return first(deliver, options);
    });
    const call = desk.modules.port.serve({ name: 'A' });
    await until('the payment is on its way', () => there || undefined);
    await desk.timePasses();
    const other = desk.anotherProcess('till');
    other.remote.next('till.pay', ...second);
    expect(await other.engine.resumeDue(8)).toBe(1);
    return { open, call };
  }

  it('whose saga another one finished: both did the step under one id, and its caller gets that answer', async () => {
    const { open, call } = await takenOver((deliver) => deliver());
    open();
    expect(await call).toEqual({ name: 'A', text: 'stamp' });
    expect(await desk.effects()).toEqual(done);
  });

  it('whose saga another one finished does not turn it round, though its own try was refused', async () => {
    const { open, call } = await takenOver(declined);
    open();
    expect(await call).toEqual({ name: 'A', text: 'stamp' });
    expect(await desk.effects()).toEqual(done);
  });

  it('whose saga another one took back does not confirm it, though its own try worked', async () => {
    const { open, call } = await takenOver((deliver) => deliver(), noAnswer, noAnswer);
    open();
    expect(await refusal(call)).toMatchObject({ code: 'unavailable' });
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
    expect((await desk.effects()).desk).toEqual(['note A', 'unnote A']);
  });
});

it.each(['the one that worked', 'the one that was refused'])(
  'two drivers with the same version of a saga: %s is first, and exactly it decides',
  async (winner) => {
    await leftBehind();
    const [record] = await sagas().takeDue(desk.database.dataSource.manager, 1);
    const drivers = [desk.modules, desk.anotherProcess('till')].map((process, i) => {
      const { open, passed } = door();
      process.remote.next('till.pay', async (deliver, options) => {
        await passed;
        return i === 0 ? deliver() : declined(deliver, options);
      });
      return { open, ended: process.driver.drive(entryOf(process), record!, true) };
    });
    const worked = winner === 'the one that worked';
    const [first, second] = worked ? drivers : [...drivers].reverse();
    first!.open();
    expect((await first!.ended)?.status).toBe(worked ? 'done' : 'failed');
    second!.open();
    expect(await second!.ended).toBeUndefined();
    const { desk: written } = await desk.effects();
    expect(written).toEqual(worked ? ['stamp A'] : ['unnote A']);
  },
);

it('two drivers with the same version of a saga, at steps that share a transaction: they are carried out once', async () => {
  await leftBehind('A', { step: 3 });
  const [record] = await sagas().takeDue(desk.database.dataSource.manager, 1);
  // Whoever is first stands in its transaction until the other one waits for it, or does the same at the same time.
  let shipping = 0;
  const drivers = [desk.modules, desk.anotherProcess('till')].map((process) => {
    const ship = process.handlers['shelf.ship'] as Handler;
    process.handlers['shelf.ship'] = async (input) => {
      shipping++;
      await until('the other one waits, or ships too', async () =>
        shipping > 1 || (await blockedSessions(desk.database)) > 0 ? true : undefined,
      );
      return ship(input);
    };
    return process.driver.drive(entryOf(process), record!, true);
  });
  const ended = await Promise.all(drivers);
  expect(ended.filter((end) => end !== undefined)).toHaveLength(1);
  expect(await desk.effects()).toEqual({ shelf: ['take A', 'ship A'], till: [], desk: ['stamp A'] });
});

it('a saga that another process is taking this moment is passed over, not waited for and taken again', async () => {
  for (const name of ['A', 'B', 'C']) await leftBehind(name);
  const { dataSource } = desk.database;
  const [mine, theirs] = await dataSource.transaction(async (manager) => [
    await sagas().takeDue(manager, 2),
    await sagas().takeDue(dataSource.manager, 3),
  ]);
  expect([mine, theirs].map((taken) => taken?.length)).toEqual([2, 1]);
});

describe('recovery', () => {
  it('takes up what is due by itself, again and again, until it is stopped; it stops when its work is done', async () => {
    const recovery = new SagaRecovery(desk.modules.engine);
    const { open, passed } = door();
    let there = false;
    desk.modules.remote.next('till.pay', refused(till.error('pay', 'closed')), async (deliver) => {
      there = true;
      await passed;
      return deliver();
    });
    await desk.modules.port.serve({ name: 'A' });
    recovery.onApplicationBootstrap();
    await until('the payment is tried again', () => there || undefined);
    let stopped = false;
    const stopping = recovery.beforeApplicationShutdown().then(() => (stopped = true));
    await leftBehind('B');
    expect(stopped).toBe(false);
    open();
    await stopping;
    expect(await desk.sagas()).toMatchObject([{ status: 'done' }, { status: 'running' }]);
  });
});
