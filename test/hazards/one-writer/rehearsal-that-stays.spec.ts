import { Logger } from '@nestjs/common';
import { contract, command } from 'nestjs-strangler/contract';
import pg from 'pg';
import { LocalModules } from '#strangler/calls/local-modules';
import { routeOf, Routes } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { Executor } from '#strangler/calls/executor';
import type { Caller } from '#strangler/contract/caller';
import { Database } from '#strangler/database/database';
import { withContext } from '#strangler/database/context';
import { managerOf } from '#strangler/database/transaction';
import { describeTables, type MovingModule } from '#strangler/database/tables';
import { startCapture } from '#strangler/engine/ownership/capture';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { Answer, Ask, toy, toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, writeDown, type ToyHandlers } from '../../support/toy-executor.js';

/* A command that is rehearsed runs for real, and nothing of it may stay: no row, no claim, no lock that others wait for. */

const moving: MovingModule = {
  module: 'toy',
  ownership: 'whole',
  routingKey: undefined,
  tables: ['effect', 'idempotency', 'saga'],
  transforms: {},
};
const put = { name: 'A' };

let copy: ToyDatabase;
let toolkit: Database;
let executor: Executor;
let handlers: ToyHandlers;

beforeAll(async () => {
  // The service's database: it owns nothing yet.
  copy = await toyDatabase({ side: 'extracted', extractedBelow: 0 });
  toolkit = new Database(copy.url, { max: 3 });
  await startCapture(toolkit, await describeTables(toolkit, moving));
});
beforeEach(() => {
  ({ executor, handlers } = toyExecutor(copy.dataSource));
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterEach(async () => {
  jest.restoreAllMocks();
  expect(await left()).toEqual({ effects: 0, claims: 0, outbox: 0, strays: 0, marks: 0 });
  expect(await open()).toEqual([]);
});
afterAll(async () => {
  await toolkit.close();
  await copy.drop();
});

const left = async () => {
  const [row] = await copy.query<object>(`
    select (select count(*)::int from toy.effect) as effects, (select count(*)::int from toy.idempotency) as claims,
      (select count(*)::int from strangler.outbox) as outbox, (select count(*)::int from strangler.stray) as strays,
      (select count(*)::int from strangler.rehearsal) as marks`);
  return row;
};
/** Sessions of commands that are in a transaction. */
const open = () =>
  copy.query(`select state, query from pg_stat_activity where datname = current_database() and xact_start is not null
    and pid <> pg_backend_pid() and backend_type = 'client backend'`);
const manager = () => managerOf(copy.dataSource);
const none = (why: string) => ({ outcome: 'none', why });

it('a command runs on a side that does not own it, and leaves nothing', async () => {
  const seen: unknown[] = [];
  handlers.put = async (input) => {
    await writeDown(copy.dataSource, 'A');
    seen.push(await manager().query('select what from toy.effect'));
    return input;
  };
  expect(await executor.rehearse('put', put)).toEqual({ outcome: 'done' });
  expect(seen).toEqual([[{ what: 'A' }]]);
  // As itself it would have been refused.
  await expect(executor.execute('put', put)).rejects.toMatchObject({ code: 'not_owner' });
});

it('one that would come in its place is not captured by another name either: its side may own it by now', async () => {
  await copy.query('update strangler.ownership set extracted_below = 10000');
  expect(await executor.rehearse('put', put)).toEqual({ outcome: 'done' });
  await copy.query('update strangler.ownership set extracted_below = 0');
});

it('a fault is one, and stands in the log', async () => {
  handlers.put = () => manager().query('insert into toy.effect (nothing) values (1)');
  expect(await executor.rehearse('put', put)).toEqual({ outcome: 'failed' });
  expect(jest.mocked(Logger.prototype.error).mock.calls).toMatchObject([
    [{ msg: 'rehearsal failed', operation: 'put', error: expect.stringContaining('"nothing"') }],
  ]);
});

describe('a command that ends its transaction stores nothing, whatever it does next', () => {
  it.each(['commit', 'rollback', 'set constraints all immediate', `prepare transaction 'x'`])(
    '%s',
    async (end) => {
      handlers.put = async (input) => {
        await writeDown(copy.dataSource, 'before');
        await manager()
          .query(end)
          .catch(() => undefined);
        // No row of the toolkit's: only its connection being closed keeps this one from being stored.
        await manager()
          .query('create table toy.escaped ()')
          .catch(() => undefined);
        return input;
      };
      expect(await executor.rehearse('put', put)).toMatchObject({
        outcome: expect.stringMatching(/none|done/),
      });
      expect(await copy.query(`select to_regclass('toy.escaped')::text as escaped`)).toEqual([
        { escaped: null },
      ]);
    },
  );

  it('a commit is refused by the database itself', async () => {
    await copy.dataSource
      .transaction(async (inside) => {
        await inside.query(`select strangler.begin_rehearsal('toy')`);
        await inside.query(`insert into toy.effect (what) values ('A')`);
      })
      .then(
        () => expect('it').toBe('refused'),
        (error: unknown) => expect(error).toMatchObject({ code: 'SR438' }),
      );
  });
});

it('a session that says of itself that it rehearses, and could commit, passes no owner', async () => {
  await copy.query('update strangler.ownership set extracted_below = 10000');
  await copy.dataSource
    .transaction(async (inside) => {
      await inside.query(
        `select set_config('strangler.applying', 'toy', true), set_config('strangler.rehearsing', 'toy', true)`,
      );
      await inside.query(`insert into toy.effect (what) values ('A')`);
    })
    .then(
      () => expect('it').toBe('refused'),
      (error: unknown) => expect(error).toMatchObject({ code: 'SR410' }),
    );
  await copy.query('update strangler.ownership set extracted_below = 0');
});

it('one that never ends is ended', async () => {
  handlers.put = async () => {
    await writeDown(copy.dataSource, 'A');
    return new Promise(() => undefined);
  };
  expect(await executor.rehearse('put', put)).toEqual(none('it takes too long'));
  handlers.put = () => manager().query('select pg_sleep(60)');
  expect(await executor.rehearse('put', put)).toEqual(none('it takes too long'));
});

it('one whose process is stopped in the middle of it is ended by the server, and lets go what it holds', async () => {
  // As SIGSTOP leaves it: nobody reads, nobody closes.
  const stopped = new pg.Client({ connectionString: copy.url });
  stopped.on('error', () => undefined);
  await stopped.connect();
  await stopped.query('begin');
  await stopped.query(`select strangler.begin_rehearsal('toy')`);
  await stopped.query(`insert into toy.effect (id, what) values (7, 'stopped')`);
  // Apply wants the same row, and waits for no more than that.
  await copy.query(
    `begin; set local strangler.applying = 'toy'; insert into toy.effect (id, what) values (7, 'applied'); delete from toy.effect; commit`,
  );
  await stopped.end().catch(() => undefined);
});

describe('each limit of the server ends it by itself, whatever the others are', () => {
  const limits = ['statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'];

  it.each([
    ['statement_timeout', '57014', 'select pg_sleep(60)'],
    ['idle_in_transaction_session_timeout', '25P03', undefined],
    // From PostgreSQL 17 on.
    ['transaction_timeout', '25P04', 'select pg_sleep(60)'],
  ])('%s', async (limit, code, statement) => {
    const there = await copy.query<{ name: string }>('select name from pg_settings where name = any($1)', [
      limits,
    ]);
    if (!there.some(({ name }) => name === limit)) return;
    const session = new pg.Client({ connectionString: copy.url });
    const ended = new Promise<unknown>((resolve) => session.once('error', resolve));
    await session.connect();
    const others = there.filter(({ name }) => name !== limit).map(({ name }) => `set local ${name} = 0`);
    await session.query(['begin', `select strangler.begin_rehearsal('toy')`, ...others].join('; '));
    const why = statement ? session.query(statement).catch((error: unknown) => error) : ended;
    expect(await why).toMatchObject({ code });
    await session.end().catch(() => undefined);
  });
});

it('who holds a row that it needs is not waited for', async () => {
  await copy.query(
    `begin; set local strangler.applying = 'toy'; insert into toy.effect (id, what) values (8, 'A'); commit`,
  );
  await toolkit.transaction(async (q) => {
    await q.query('select from toy.effect where id = 8 for update');
    handlers.put = () => manager().query(`update toy.effect set what = 'B' where id = 8`);
    expect(await executor.rehearse('put', put)).toEqual(none('others hold its rows'));
  });
  await copy.query(`begin; set local strangler.applying = 'toy'; delete from toy.effect; commit`);
});

it('a fence does not wait for it', async () => {
  const ownership = new Ownership(toolkit);
  let waitedFor: number[] | undefined;
  handlers.put = async (input) => {
    await writeDown(copy.dataSource, 'A');
    waitedFor = await ownership.writersGone('toy', 0);
    return input;
  };
  expect(await executor.rehearse('put', put)).toEqual({ outcome: 'done' });
  expect(waitedFor).toEqual([]);
});

it('what it calls of other modules is not called, and then it says nothing', async () => {
  const routes = new Routes();
  routes.replace({ toy: routeOf('monolith') });
  const called = jest.fn(() => Promise.resolve(put));
  const port = new Router(routes, new LocalModules('extracted'), { call: called }).port(toy);
  for (const ask of [() => port.put(put), () => port.look(put)]) {
    handlers.put = async (input) => {
      await ask().catch(() => undefined);
      return input;
    };
    expect(await executor.rehearse('put', put)).toEqual(
      none(expect.stringMatching(/^it calls toy\.(put|look)$/) as never),
    );
  }
  expect(called).not.toHaveBeenCalled();
});

it('no query is rehearsed, and no command with an effect outside', async () => {
  const ran = jest.fn();
  handlers.look = ran;
  expect(await executor.rehearse('look', put)).toMatchObject({ outcome: 'none' });
  const key = (i: Ask) => i.name;
  const charging = contract('charging', {
    ownership: 'by-key',
    operations: {
      charge: command({ input: Ask, output: Answer, key, undo: 'refund', result: 'charged' }),
      charged: command({ input: Ask, output: Answer, key }),
      refund: command({ input: Ask, output: Answer, key }),
    },
  });
  const external = new Map([['charge', ran]]);
  const outside = new Executor(charging, { charge: ran }, copy.dataSource, { run: ran }, { external });
  expect(await outside.rehearse('charge', put)).toMatchObject({ outcome: 'none' });
  expect(ran).not.toHaveBeenCalled();
});

it('nobody has a command rehearsed that he may not call, nor one with an input that its rules refuse', async () => {
  const ran = (handlers.put = jest.fn());
  const caller: Caller = { program: 'gateway', as: 'client', actor: { id: 'ann', role: 'user', version: 1 } };
  const asked = () => executor.rehearse('put', put);
  const context = { requestId: 'r', servedBy: new Map(), caller };
  expect(await withContext(context, asked)).toEqual(none('forbidden'));
  expect(await executor.rehearse('put', { name: '' })).toEqual({ outcome: 'done' });
  expect(await executor.rehearse('put', { ...put, more: 1 })).toEqual({ outcome: 'done' });
  expect(ran).not.toHaveBeenCalled();
});

it('an answer that could not be given is a fault', async () => {
  handlers.put = () =>
    Promise.resolve({
      get name(): string {
        throw new TypeError('no JSON');
      },
    });
  expect(await executor.rehearse('put', put)).toEqual({ outcome: 'failed' });
});

it('one at a time: the second is not begun', async () => {
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  // Before its transaction, where nothing ends it.
  const prepare = new Map([['put', () => held]]);
  const { executor: preparing } = toyExecutor(copy.dataSource, { prepare });
  const first = preparing.rehearse('put', put);
  expect(await executor.rehearse('put', put)).toEqual(none('another one is under way'));
  end();
  expect(await first).toEqual({ outcome: 'done' });
});
