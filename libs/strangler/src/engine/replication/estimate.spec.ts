import { Database, type Queryable } from '../../database/database.js';
import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { fillAnew } from './backfill.js';
import { estimatedRows } from './estimate.js';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
  await database.query(`
    create schema fruit;
    create table fruit.small as select i, 'small' as name from generate_series(1, 1234) i;
    create table fruit.large with (autovacuum_enabled = false) as
      select i, repeat('x', 500) as name from generate_series(1, 5000) i;
    create table fruit.analyzed with (autovacuum_enabled = false) as table fruit.large;
    create table fruit.none (i int);
    delete from fruit.analyzed where i > 2000;
  `);
  await database.query('analyze fruit.analyzed');
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

/** How many rows of a table this session has read. */
const readBy = async (q: Queryable, table: string): Promise<number> => {
  const [row] = await q.query<{ rows: number }>(
    'select seq_tup_read::float8 as rows from pg_stat_xact_user_tables where relid = $1::regclass',
    [table],
  );
  return row!.rows;
};

it.each([
  ['a small one is counted', 'fruit.small', 1_234],
  ['an empty one has none', 'fruit.none', 0],
  ['a large one has as many as were analyzed', 'fruit.analyzed', 2_000],
])('%s', async (_, table, rows) => {
  expect(await estimatedRows(database, table)).toBe(rows);
});

it('a large one that nobody has analyzed has about as many as its first pages let expect', async () => {
  const rows = await estimatedRows(database, 'fruit.large');
  expect(rows).toBeGreaterThan(4_000);
  expect(rows).toBeLessThan(6_500);
});

it('a life of the copy begins without reading a large table through, for a failover waits for that', async () => {
  await database.transaction(async (q) => {
    const before = await readBy(q, 'fruit.large');
    await fillAnew(q, 'fruit', [{ name: 'large', sql: 'fruit.large' }]);
    expect((await readBy(q, 'fruit.large')) - before).toBeLessThan(1_500);
  });
});
