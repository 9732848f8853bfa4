import { dataSourceOptions } from '#platform';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Database } from '#strangler/database/database';
import { noticingSilence } from '#strangler/database/silence';
import { managerOf } from '#strangler/database/transaction';
import { refusal } from '../../support/failure.js';
import { freezingProxy, type FreezingProxy } from '../../support/freezing-proxy.js';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { toyDatabase } from '../../support/toy.js';
import { toyExecutor } from '../../support/toy-executor.js';

/**
 *     process                          network                       database
 *     select …            ──────────►  (nothing comes through)
 *                                                                    another one answers under the same name; or this one, which has
 *                                                                    never heard of the statement, or has lost the way back
 *     … waits
 *
 * No packet says that the connection is dead; the kernel in between goes on to confirm what it is sent.
 */

let test: TestDatabase;
let way: FreezingProxy;

beforeEach(async () => {
  test = await freshDatabase();
  way = await freezingProxy(test.url);
});
afterEach(async () => {
  await way.close();
  await test.drop();
});

it('under the application: what waits there fails, and the next is answered', async () => {
  const options = dataSourceOptions(way.url, { poolSize: 1, connections: noticingSilence(way.url) });
  // The limits that would notice it, too, only later.
  const extra = { ...options.extra, query_timeout: 0, statement_timeout: 0 };
  const dataSource = await new DataSource({ ...options, extra }).initialize();
  try {
    await dataSource.query('select 1');
    way.freeze();
    await expect(dataSource.query('select 2')).rejects.toThrow(/silent|terminated/);
    expect(await dataSource.query('select 3 as three')).toEqual([{ three: 3 }]);
  } finally {
    await dataSource.destroy();
  }
});

it('under a command and a query: its caller hears that it is not known, or that it cannot be reached', async () => {
  const toy = await toyDatabase();
  const through = await freezingProxy(toy.url);
  const options = dataSourceOptions(through.url, {
    poolSize: 2,
    connections: noticingSilence(through.url),
  });
  const extra = { ...options.extra, query_timeout: 0, statement_timeout: 0 };
  const dataSource = await new DataSource({ ...options, extra }).initialize();
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  try {
    const { executor, handlers } = toyExecutor(dataSource);
    const silent = async () => {
      await managerOf(dataSource).query('select 1');
      through.freeze();
      await managerOf(dataSource).query('select 2');
    };
    handlers.put = silent;
    handlers.look = silent;
    expect(await refusal(executor.execute('put', { name: 'A' }, randomUUID()))).toMatchObject({
      code: 'outcome_unknown',
    });
    expect(await refusal(executor.execute('look', { name: 'A' }))).toMatchObject({ code: 'unavailable' });
  } finally {
    jest.restoreAllMocks();
    await dataSource.destroy();
    await through.close();
    await toy.drop();
  }
});

it('is not one that works: a statement may take long, and so does what stands behind it in the connection', async () => {
  const database = new Database(way.url);
  try {
    const answers = await database.together([
      { sql: 'select 1' },
      { sql: `select 'slow' as said from pg_sleep(2.5)` },
      { sql: `select 'next' as said` },
    ]);
    expect(answers.slice(1)).toEqual([[{ said: 'slow' }], [{ said: 'next' }]]);
  } finally {
    await database.close();
  }
});
