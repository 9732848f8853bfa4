import { migrate, openLimitPool } from '#platform';
import { routeOf } from '#strangler/routes/routes';
import { Logger } from '@nestjs/common';
import type { Pool } from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { until } from '../../../test/support/until.js';
import { keptRoutes } from './kept-routes.js';
import { Members } from './members.js';

beforeEach(() => void jest.spyOn(Logger.prototype, 'debug').mockReturnValue());
afterEach(() => jest.restoreAllMocks());

let database: TestDatabase;
let pools: Pool[];
let started: Members[];

beforeEach(async () => {
  [database, pools, started] = [await freshDatabase(), [], []];
  await migrate(database.url, ['gateway']);
});
afterEach(async () => {
  await Promise.all(started.map((members) => members.stop()));
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});

async function join(namespace = 'shop'): Promise<Members> {
  const pool = openLimitPool(database.url);
  pools.push(pool);
  const members = new Members(pool, { version: '1.0.0', namespace }, 20);
  started.push(members);
  await members.start();
  return members;
}

const sees = (members: Members, live: number) =>
  until(`it sees ${live}`, () => (members.live === live ? true : undefined));
const rows = () => database.query<{ id: string }>('select id from gateway.members');

test('each sees those who join and who leave, and leaves nothing behind', async () => {
  const [first, second] = [await join(), await join()];
  expect(second.live).toBe(2);
  await sees(first, 2);
  await second.stop();
  expect(await rows()).toEqual([{ id: first.id }]);
  await sees(first, 1);
});

test('one that was killed counts no more after some seconds, by the clock of the database, and its row goes', async () => {
  await database.query(
    `insert into gateway.members (id, host, version, seen_at) select gen_random_uuid(), 'x', '1', clock_timestamp() - age
     from unnest(array[interval '0 seconds', interval '20 seconds', interval '2 minutes', interval '3 minutes']) as age`,
  );
  const members = await join();
  expect(members.live).toBe(2);
  expect(await rows()).toHaveLength(3);
});

test("one that was killed before the database's clock was set back counts no more either", async () => {
  await database.query(
    `insert into gateway.members (id, host, version, seen_at) select gen_random_uuid(), 'x', '1', clock_timestamp() + ahead
     from unnest(array[interval '40 seconds', interval '1 hour']) as ahead`,
  );
  const members = await join();
  expect(members.live).toBe(1);
  expect(await rows()).toHaveLength(2);
});

test('one that was paused for so long that its row was taken away is there again', async () => {
  const [first, second] = [await join(), await join()];
  await database.query('delete from gateway.members where id = $1', [second.id]);
  await until('its row is back', async () => ((await rows()).length === 2 ? true : undefined));
  await sees(first, 2);
});

test('while the database is away the last number stands', async () => {
  const [first] = [await join(), await join()];
  await sees(first, 2);
  await database.query('alter table gateway.members rename to away');
  const asked = jest.spyOn(pools[0]!, 'query');
  await until('it has asked in vain', () => (asked.mock.calls.length > 1 ? true : undefined));
  expect(first.live).toBe(2);
  await database.query('alter table gateway.away rename to members');
});

test('beside those of another shop it does not start, and leaves them their share; after them it does', async () => {
  const first = await join('one');
  await expect(join('other')).rejects.toThrow(
    /gateways of the namespace one use this database, and this one is of other/,
  );
  expect(await rows()).toEqual([{ id: first.id }]);
  await first.stop();
  expect((await join('other')).live).toBe(1);
});

test('routes that were kept for another shop are not taken; those of a release that does not say for which are', async () => {
  const pool = openLimitPool(database.url);
  pools.push(pool);
  const table = { users: { ...routeOf('monolith'), version: 1 } };
  await keptRoutes(pool, 'one').write(table);
  expect(await keptRoutes(pool, 'other').read()).toBeUndefined();
  expect(await keptRoutes(pool, 'one').read()).toEqual(table);
  await database.query('update gateway.routes set namespace = null');
  expect(await keptRoutes(pool, 'other').read()).toEqual(table);
});
