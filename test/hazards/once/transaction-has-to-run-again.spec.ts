import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Executor } from '#strangler/calls/executor';
import { managerOf } from '#strangler/database/transaction';
import { refusal } from '../../support/failure.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, writeDown, type ToyHandlers } from '../../support/toy-executor.js';

/*
 * PostgreSQL ends a transaction that did nothing wrong: a deadlock, or a serialization failure, in a statement or only at
 * the commit. The caller is not to see that, and the command takes effect once.
 */
let database: ToyDatabase;
let executor: Executor;
let handlers: ToyHandlers;
let log: jest.SpyInstance;

beforeAll(async () => {
  database = await toyDatabase();
  await database.query('create table toy.row (name text primary key)');
  await database.query(`insert into toy.row values ('A'), ('B')`);
  await database.query('create sequence toy.tries');
});
beforeEach(() => {
  ({ executor, handlers } = toyExecutor(database.dataSource));
  log = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await database.query('truncate toy.effect, toy.idempotency');
  await database.query('alter sequence toy.tries restart');
});
afterAll(() => database.drop());

const query = (sql: string, params?: unknown[]) =>
  managerOf(database.dataSource).query<object[]>(sql, params);
const lock = (name: string) => query('select from toy.row where name = $1 for update', [name]);

/** Resolves for all once `count` have come. */
function meeting(count: number): () => Promise<void> {
  let open: () => void;
  const full = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (--count === 0) open();
    return full;
  };
}

it('a deadlock: both commands are done, each once', async () => {
  // Both hold their first row before either asks for its second one.
  const bothHoldOne = meeting(2);
  let calls = 0;
  handlers.put = async (input) => {
    const [first, second] = (input as { name: string }).name === 'A' ? ['A', 'B'] : ['B', 'A'];
    const again = ++calls > 2;
    await lock(first);
    if (!again) await bothHoldOne();
    await lock(second);
    await writeDown(database.dataSource, first);
    return input;
  };
  await Promise.all(['A', 'B'].map((name) => executor.execute('put', { name }, randomUUID())));
  expect((await database.effects()).sort()).toEqual(['A', 'B']);
  expect(calls).toBe(3);
  expect(log).not.toHaveBeenCalled();
});

it('a serialization failure in a statement: done, once', async () => {
  handlers.put = async (input) => {
    await writeDown(database.dataSource, 'put');
    await query(
      `do $$ begin if nextval('toy.tries') < 4 then raise 'again' using errcode = '40001'; end if; end $$`,
    );
    return input;
  };
  await executor.execute('put', { name: 'A' }, randomUUID());
  expect(await database.effects()).toEqual(['put']);
  expect(log).not.toHaveBeenCalled();
});

it('a serialization failure at the commit: done, once, and its answer is kept', async () => {
  await database.query(
    `create function toy.check_at_commit() returns trigger language plpgsql as $$
     begin
       if nextval('toy.tries') < 3 then raise 'again' using errcode = '40001'; end if;
       return null;
     end $$`,
  );
  await database.query(
    `create constraint trigger at_commit after insert on toy.effect deferrable initially deferred
     for each row execute function toy.check_at_commit()`,
  );
  const commandId = randomUUID();
  const first = await executor.execute('put', { name: 'A' }, commandId);
  expect(await executor.execute('put', { name: 'A' }, commandId)).toEqual(first);
  expect(await database.effects()).toEqual(['A']);
  await database.query('drop trigger at_commit on toy.effect');
});

it('a failure that does not end: given up, not tried for ever', async () => {
  let calls = 0;
  handlers.put = async () => {
    calls++;
    return query(`do $$ begin raise 'again' using errcode = '40001'; end $$`);
  };
  expect(await refusal(executor.execute('put', { name: 'A' }))).toMatchObject({ code: 'unavailable' });
  expect(calls).toBeGreaterThan(2);
  expect(calls).toBeLessThan(20);
});

it('any other error of a statement is not tried again: it would fail again', async () => {
  let calls = 0;
  handlers.put = async () => {
    calls++;
    return query('select 1 / 0');
  };
  expect(await refusal(executor.execute('put', { name: 'A' }))).toMatchObject({ code: 'internal' });
  expect(calls).toBe(1);
});

describe('the connection breaks in the middle', () => {
  const cut = async () => {
    const [session] = await query('select pg_backend_pid() as pid');
    await database.query('select pg_terminate_backend($1)', [(session as { pid: number }).pid]);
    return query('select 1');
  };

  it('of a command: its outcome is unknown, and a retry under the same id takes effect once', async () => {
    const { put } = handlers;
    handlers.put = async () => {
      await writeDown(database.dataSource, 'half');
      return cut();
    };
    const commandId = randomUUID();
    expect(await refusal(executor.execute('put', { name: 'A' }, commandId))).toEqual({
      code: 'outcome_unknown',
      data: { module: 'toy', operation: 'put', commandId },
    });
    handlers.put = put;
    await executor.execute('put', { name: 'A' }, commandId);
    expect(await database.effects()).toEqual(['A']);
  });

  it('of a query: unavailable, and the next one is answered', async () => {
    const { look } = handlers;
    handlers.look = () => database.dataSource.transaction((manager) => cutOn(manager));
    expect(await refusal(executor.execute('look', { name: 'A' }))).toMatchObject({ code: 'unavailable' });
    handlers.look = look;
    expect(await executor.execute('look', { name: 'A' })).toEqual({ name: 'A' });
  });

  async function cutOn(manager: { query(sql: string): Promise<unknown> }): Promise<unknown> {
    const [session] = (await manager.query('select pg_backend_pid() as pid')) as { pid: number }[];
    await database.query('select pg_terminate_backend($1)', [session?.pid]);
    return manager.query('select 1');
  }
});
