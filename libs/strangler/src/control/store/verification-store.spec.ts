import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { Database } from '../../database/database.js';
import type { RowDifference } from '../terms/views.js';
import { VerificationStore, type VerifyReport } from './verification-store.js';

/* What would go wrong: an operator is shown rows that a newer run has found to be the same. */
let test: TestDatabase;
let database: Database;
let store: VerificationStore;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
  store = new VerificationStore(database);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const row = (pk: string): RowDifference => ({
  ...{ table: 'item', pk: [pk, 'red'], owner: 'monolith', kind: 'differs', fields: ['count'] },
});
const report = (...left: RowDifference[]): VerifyReport => ({
  ...{ rows: 9, differences: left.length, repaired: 0, examples: [], left },
});

async function run(found: VerifyReport): Promise<void> {
  await store.request('toy', { actor: 'ann', repair: false }, Date.now());
  await store.finish('toy', found, Date.now());
}

it('knows of no row before the first run', async () => {
  expect(await store.differing('toy')).toEqual([]);
});

it('tells the rows of the last run, also while another one is under way, and no others', async () => {
  await run(report(row('a'), row('b')));
  expect(await store.differing('toy')).toEqual([row('a'), row('b')]);
  await store.request('toy', { actor: 'ann', repair: true }, Date.now());
  expect(await store.differing('toy')).toEqual([row('a'), row('b')]);
  await store.finish('toy', report(row('b')), Date.now());
  expect(await store.differing('toy')).toEqual([row('b')]);
  await run(report());
  expect(await store.differing('toy')).toEqual([]);
  expect(await store.differing('other')).toEqual([]);
});
