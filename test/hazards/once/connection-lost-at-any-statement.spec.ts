import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { UnconfirmedError } from '#strangler/database/acknowledger';
import { databaseLoss } from '#strangler/database/failure';
import type { Executor } from '#strangler/calls/executor';
import { managerOf } from '#strangler/database/transaction';
import { outcomes, refusal } from '../../support/failure.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, writeDown, type ToyHandlers } from '../../support/toy-executor.js';
import { toyModules, toyModulesDatabase } from '../../support/toy-modules.js';
import { until } from '../../support/until.js';

/*
 * PostgreSQL goes away (a restart, a restore, a failover) while a call is carried out: before its first statement, in one, between two of
 * them, or before the commit. TypeORM, node-pg, its pool and the system each say that in their own words. What would go wrong: one of
 * them is taken for a fault of the shop, so a customer is answered 500, and does not know that he may come again.
 */
let database: ToyDatabase;
let executor: Executor;
let handlers: ToyHandlers;

beforeAll(async () => (database = await toyDatabase({ poolSize: 4 })));
beforeEach(() => {
  ({ executor, handlers } = toyExecutor(database.dataSource));
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => database.drop());

const query = <T extends object>(sql: string) => managerOf(database.dataSource).query<T[]>(sql);
const put = () => executor.execute('put', { name: 'A' }, randomUUID());
const look = () => executor.execute('look', { name: 'A' });

/** Whether the next connection of the pool lives. */
const works = () =>
  query('select').then(
    () => true,
    () => undefined,
  );

/** Ends the connection of the running transaction, and waits until this process has heard of it. */
async function loseConnection(): Promise<void> {
  const [row] = await query<{ pid: number }>('select pg_backend_pid() as pid');
  await database.query('select pg_terminate_backend($1)', [row?.pid]);
  const { queryRunner } = managerOf(database.dataSource);
  await until('the connection is gone', () => (queryRunner?.isReleased ? true : undefined));
}

const endOthers = `select pid, pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;

it('before the commit: it is not known, and nothing is done', async () => {
  handlers.put = async (input) => {
    await writeDown(database.dataSource, 'lost');
    await loseConnection();
    return input;
  };
  expect(await refusal(put())).toMatchObject({ code: 'outcome_unknown' });
  expect(await database.effects()).not.toContain('lost');
});

it('before the next statement of a command: it is not known, and nothing is done', async () => {
  handlers.put = async (input) => {
    await loseConnection();
    await writeDown(database.dataSource, 'lost');
    return input;
  };
  expect(await refusal(put())).toMatchObject({ code: 'outcome_unknown' });
  expect(await database.effects()).not.toContain('lost');
});

it('in a statement of a query: it cannot be reached', async () => {
  handlers.look = () => query('select pg_sleep(600)');
  const looking = refusal(look());
  await until('it runs', async () => {
    const ended = await database.query(`${endOthers} and query like 'select pg_sleep%'`);
    return ended.length > 0 ? true : undefined;
  });
  expect(await looking).toMatchObject({ code: 'unavailable' });
  // The pool may have it back before its end is heard of; it is the first that the pool gives out again.
  await until('the pool gives out one that lives', () => works());
});

it('a statement that the server ends, for it takes too long: nothing is done, and the caller may come again', async () => {
  handlers.put = async () => {
    await writeDown(database.dataSource, 'late');
    await query(`set local statement_timeout = '1ms'`);
    await query('select pg_sleep(600)');
  };
  handlers.look = async () => {
    await database.dataSource.transaction(async (manager) => {
      await manager.query(`set local lock_timeout = '1ms'`);
      await manager.query('lock table toy.effect in access exclusive mode');
    });
  };
  expect(await refusal(put())).toMatchObject({ code: 'unavailable' });
  expect(await database.effects()).not.toContain('late');
  await database.dataSource.transaction(async (manager) => {
    await manager.query('select from toy.effect for share');
    expect(await refusal(look())).toMatchObject({ code: 'unavailable' });
  });
});

it('at whatever moment, over and over: no caller is told of a fault', async () => {
  handlers.look = async (input) => {
    await query('select from toy.effect limit 1');
    await query('select pg_sleep(0.001)');
    return input;
  };
  handlers.put = async (input) => {
    await writeDown(database.dataSource, 'A');
    await query('select pg_sleep(0.001)');
    return input;
  };
  const every = ['ok', 'outcome_unknown', 'unavailable'];
  const counts: Record<string, number> = {};
  let ended = 0;
  const goesOn = () => ended < 100 || every.some((code) => !counts[code]);
  const caller = async (call: () => Promise<unknown>) => {
    while (goesOn())
      for (const [code, count] of Object.entries(await outcomes([call()])))
        counts[code] = (counts[code] ?? 0) + count;
  };
  const ending = async () => {
    while (goesOn()) ended += (await database.query(endOthers)).length;
  };
  await Promise.all([ending(), caller(look), caller(look), caller(look), caller(put), caller(put)]);
  expect(Object.keys(counts).sort()).toEqual(every);
});

it.each([
  [{ code: 'ECONNREFUSED' }, 'before'],
  [{ code: 'EAI_AGAIN' }, 'before'],
  [{ code: '57P03', message: 'the database system is starting up' }, 'before'],
  [{ code: '25006', message: 'cannot execute INSERT in a read-only transaction' }, 'before'],
  [{ code: '28P01', message: 'password authentication failed for user "shop"' }, 'before'],
  [{ code: '28000', message: 'no pg_hba.conf entry for host "10.0.0.1"' }, 'before'],
  [{ code: '3D000', message: 'database "shop" does not exist' }, 'before'],
  [{ code: '53100', message: 'could not extend file "base/5/16397": No space left on device' }, 'before'],
  [{ code: '53200', message: 'out of memory' }, 'before'],
  [{ code: '53300', message: 'sorry, too many clients already' }, 'before'],
  [{ message: 'timeout exceeded when trying to connect' }, 'before'],
  [{ message: 'Connection terminated due to connection timeout' }, 'before'],
  [{ code: 'ECONNRESET' }, 'in between'],
  [{ code: 'EHOSTUNREACH' }, 'in between'],
  [{ code: '57P01', message: 'terminating connection due to administrator command' }, 'in between'],
  [{ code: '25P03', message: 'terminating connection due to idle-in-transaction timeout' }, 'in between'],
  [{ code: '08006' }, 'in between'],
  [{ message: 'Connection terminated unexpectedly' }, 'in between'],
  [{ message: 'Query read timeout' }, 'in between'],
  [{ message: 'the database has fallen silent' }, 'in between'],
  [{ message: 'Client has encountered a connection error and is not queryable' }, 'in between'],
  [{ code: '23505', message: 'duplicate key' }, undefined],
  [{ code: '57014', message: 'canceling statement due to statement timeout' }, undefined],
  [{ message: 'x is not a function' }, undefined],
])('%p is a loss %s', (error, loss) => {
  expect(databaseLoss(Object.assign(new Error(), error))).toBe(loss);
});

it.each([new QueryRunnerAlreadyReleasedError(), new QueryRunnerProviderAlreadyReleasedError()])(
  'a connection that TypeORM took out of a transaction is a loss: %p',
  (error) => {
    expect(databaseLoss(error)).toBe('in between');
  },
);

describe('in a process', () => {
  let shared: ToyDatabase;
  beforeAll(async () => (shared = await toyModulesDatabase()));
  afterAll(() => shared.drop());

  it('whose answer waits for the other side, which will not be known to have it: that is what the caller is told', async () => {
    const acknowledger = {
      afterCommit: () => Promise.resolve(),
      onHit: (module: string) => Promise.reject(new UnconfirmedError(module)),
    };
    const { port } = toyModules(shared, { acknowledger });
    const serve = () => port.serve({ name: 'A' }, { commandId });
    const commandId = randomUUID();
    await serve();
    expect(await refusal(serve())).toMatchObject({ code: 'outcome_unknown' });
  });

  it('in a step of the one transaction: nothing is undone, for it says nothing of the step', async () => {
    const { port, away, saga } = toyModules(shared);
    away('till');
    const stamp = saga.steps.find(({ name }) => name === 'stamp') as never as Record<string, unknown>;
    stamp['run'] = () => Promise.reject(Object.assign(new Error('the end'), { code: '57P01' }));
    const serving = port.serve({ name: 'B' }, { commandId: randomUUID() });
    expect(await refusal(serving)).toMatchObject({ code: 'outcome_unknown' });
    const till = await shared.effects('till');
    expect(till.filter((effect) => effect.endsWith('B'))).toEqual(['pay B']);
  });
});
