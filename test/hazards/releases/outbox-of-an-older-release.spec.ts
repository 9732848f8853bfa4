import { Database } from '#strangler/database/database';
import { describeTables } from '#strangler/database/tables';
import { renewCapture } from '#strangler/engine/ownership/capture';
import { openDatabase } from '#platform';
import { fixtureOf } from '../../fixtures/fixture.js';
import { upgraded } from '../../fixtures/restore.js';
import { queryOnce } from '../../support/postgres.js';

/*
 * 0.1.0, which wrote one outbox row a changed row, is ended in the middle of a move, and this release starts on its database: what waited
 * there must go over, in its order, and its triggers would go on to write rows of a form that is no more. (That it does go over:
 * test/e2e/upgrade.full.spec.ts.)
 */
let url: string;
let drop: () => Promise<void>;
let waiting: object[];

const query = <T extends object>(sql: string) => queryOnce<T>(url, sql);
const changes = (from: string) =>
  query(
    `select id::float8 as id, module, table_name, pk, key, at, parked from strangler.${from} order by id`,
  );
const write = () => query(`update inventory.stock_item set on_hand = on_hand where sku = 'F-1'`);

beforeAll(async () => {
  ({ url, drop } = await upgraded(fixtureOf('0.1.0').monolith));
  await query(`
    insert into strangler.outbox (module, table_name, pk, key, bucket, parked)
    select 'inventory', 'stock_item', array[key, 'a{1},"'], key, strangler.bucket('inventory', key), 'too heavy'
    from unnest(array['o"{,1', 'back\\slash', '']) key`);
  waiting = await changes('outbox');
  await openDatabase(url, [], 'a test');
});
afterAll(() => drop());

it('what waits keeps its number, its key and its place', async () => {
  expect(waiting.length).toBeGreaterThan(10);
  expect(await changes('outbox_changes')).toEqual(waiting);
  expect(
    await query(`select from strangler.outbox where low <> strangler.bucket(module, keys[1]) or high <> low`),
  ).toEqual([]);
});

it('its triggers are refused until a process has started, and what is written then comes behind', async () => {
  await expect(write()).rejects.toMatchObject({ code: 'SR426' });
  const own = new Database(url);
  // It owns all, and has proven it: here it is about the outbox alone.
  await own.query(`update strangler.ownership set extracted_below = 0, fence_from = null, fence_to = null, proven_start = strangler.server_start()
    where module = 'inventory'`);
  const tables = await describeTables(own, {
    ...{ module: 'inventory', tables: ['stock_item', 'reservation', 'idempotency'], transforms: {} },
    ...{ ownership: 'by-key', routingKey: 'sku' },
  });
  await Promise.all([1, 2, 3].map(() => renewCapture(own, tables)));
  await own.close();
  await write();
  const now = await changes('outbox_changes');
  expect(now.slice(0, -1)).toEqual(waiting);
  expect(now.at(-1)).toMatchObject({ table_name: 'stock_item', pk: ['F-1'], key: 'F-1', parked: null });
  await expect(query(`update inventory.stock_item set sku = 'X' where sku = 'F-1'`)).rejects.toMatchObject({
    code: 'SR403',
  });
});
