import { DomainError } from '#contracts';
import { Logger } from '@nestjs/common';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { toy } from '../../../../test/support/toy.js';
import { until } from '../../../../test/support/until.js';
import { Database } from '../database.js';
import { prepare, type PreparedOperation } from '../operation.js';
import type { Side } from '../phase.js';
import { ShadowReads, type AskSide } from './shadow-reads.js';
import { ShadowStore } from './shadow-store.js';

/* A shadow read may find out anything, and must never touch the caller. */
const look = prepare(toy).get('look') as PreparedOperation;
const input = { name: 'A' };

let test: TestDatabase;
let database: Database;
let store: ShadowStore;
let reads: ShadowReads;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
  store = new ShadowStore(database);
});
afterEach(async () => {
  await reads.close();
  await test.query('truncate strangler.shadow, strangler.mismatch');
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

/** Shadow reads of all queries; `extracted` is what the other side answers. */
function begin(extracted: () => Promise<unknown>, sample = 1): jest.Mock {
  const ask = jest.fn((_operation: PreparedOperation, side: Side) =>
    side === 'extracted' ? extracted() : Promise.resolve({ name: 'A', amount: 1 }),
  );
  reads = new ShadowReads(store, ask as AskSide, () => sample);
  return ask;
}
const answered = () =>
  reads.answered({ operation: look, side: 'monolith', input, result: { name: 'A', amount: 1 } });
const counted = (compared: number) =>
  until(`${compared} have been compared`, async () => {
    const counts = await store.counts('toy');
    return counts.compared >= compared ? counts : undefined;
  });

it('equal answers are counted, and nothing is kept of them', async () => {
  begin(() => Promise.resolve({ name: 'A', amount: 1 }));
  answered();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 0 });
  expect(await store.samples('toy')).toEqual([]);
});

it('a difference is kept with its fields, the input and both values', async () => {
  begin(() => Promise.resolve({ name: 'A', amount: 2 }));
  answered();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 1 });
  expect(await store.samples('toy')).toMatchObject([
    { operation: 'look', input, differences: [{ path: 'amount', monolith: 1, extracted: 2 }] },
  ]);
});

it('a copy that is behind for a moment is no mismatch', async () => {
  let asked = 0;
  begin(() => Promise.resolve({ name: 'A', amount: ++asked < 3 ? 0 : 1 }));
  answered();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 0 });
});

it.each([
  ['an error', new DomainError('not_found', {}), 'not_found'],
  ['a crash', new TypeError('x is undefined'), 'internal'],
])('a candidate that ends in %s is a mismatch, and nobody else hears of it', async (_what, error, code) => {
  begin(() => Promise.reject(error));
  expect(answered).not.toThrow();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 1 });
  const [sample] = await store.samples('toy');
  expect(sample?.differences).toContainEqual({ path: 'failed', extracted: code });
});

it('a candidate that never answers is not asked for more than a few times at once', async () => {
  let release: (answer: unknown) => void = () => undefined;
  const never = new Promise((resolve) => (release = resolve));
  const ask = begin(() => never);
  for (let i = 0; i < 100; i++) answered();
  await until('some are asked', () => (ask.mock.calls.length > 0 ? true : undefined));
  expect(ask.mock.calls.length).toBeLessThanOrEqual(8);
  release({ name: 'A', amount: 1 });
});

it('of nothing sampled nothing is asked', async () => {
  const ask = begin(() => Promise.resolve({}), 0);
  answered();
  await reads.close();
  expect(ask).not.toHaveBeenCalled();
});

it('of many samples the latest hundred are kept', async () => {
  begin(() => Promise.resolve({}));
  for (let i = 0; i < 130; i++) await store.keep('toy', 'look', { name: String(i) }, []);
  const samples = await store.samples('toy');
  expect(samples).toHaveLength(100);
  expect(samples[0]?.input).toEqual({ name: '129' });
});

it('a database that is away costs a line in the log and no more', async () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const broken = new ShadowStore({ query: () => Promise.reject(new Error('away')) });
  reads = new ShadowReads(
    broken,
    () => Promise.resolve({ name: 'A', amount: 1 }),
    () => 1,
  );
  answered();
  await until('it is said', () => (warned.mock.calls.length > 0 ? true : undefined));
  warned.mockRestore();
});
