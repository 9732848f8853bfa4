import { Word } from '../../contract/word.fixture.js';
import { contract } from '../../contract/contract.js';
import { query } from '../../contract/operation-kinds.js';
import { DomainError, OutcomeUnknownError, UnavailableError } from '../../contract/errors.js';
import { Email, Secret } from '../../contract/fields.js';
import { Logger } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { toy } from '../../../../../test/support/toy.js';
import { until } from '../../../../../test/support/until.js';
import { Database } from '../../database/database.js';
import { prepare, type PreparedOperation } from '../../contract/operation.js';
import type { Side } from '../../routes/phase.js';
import { ComparisonCounts } from './comparison-counts.js';
import { ShadowReads, type AskSide } from './shadow-reads.js';
import { Windows } from '../../evidence/windows.js';
import { ShadowStore } from './shadow-store.js';

/* A shadow read may find out anything, and must never touch the caller. */
const look = prepare(toy).get('look') as PreparedOperation;
const input = { name: 'A' };

let test: TestDatabase;
let database: Database;
let store: ShadowStore;
let reads: ShadowReads;
let counts: ComparisonCounts;
let windows: Windows;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
  store = new ShadowStore(database);
});
beforeEach(() => {
  // One that has added up a minute keeps the sum.
  windows = new Windows(database);
  counts = new ComparisonCounts(windows);
});
afterEach(async () => {
  await reads.close();
  await counts.close();
  await test.query('truncate strangler.shadow_window, strangler.mismatch');
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
  reads = new ShadowReads(store, counts, ask as AskSide, () => sample);
  return ask;
}
const answered = () =>
  reads.answered({ operation: look, side: 'monolith', input, result: { name: 'A', amount: 1 } });
const counted = (compared: number) =>
  until(`${compared} have been compared`, async () => {
    await counts.flush();
    const { customer } = (await windows.sums('toy', 60_000)).shadow;
    return customer.compared + customer.unavailable >= compared ? customer : undefined;
  });

it('equal answers are counted, and nothing is kept of them', async () => {
  begin(() => Promise.resolve({ name: 'A', amount: 1 }));
  answered();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 0, unavailable: 0 });
  expect(await store.samples('toy')).toEqual([]);
});

it('a difference is kept with its fields, the input and both values', async () => {
  begin(() => Promise.resolve({ name: 'A', amount: 2 }));
  answered();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 1, unavailable: 0 });
  expect(await store.samples('toy')).toMatchObject([
    { operation: 'look', input, differences: [{ path: 'amount', monolith: 1, extracted: 2 }] },
  ]);
});

it('of what nobody may see it is kept that it differs, and not in what; and a secret is not compared', async () => {
  class Ref {
    @Word() name: string;
    @Email() email: string;
  }
  class Member extends Ref {
    @Secret() @IsString() token: string;
    @IsInt() visits: number;
  }
  const members = contract('toy', {
    ownership: 'by-key',
    operations: { look: query({ input: Ref, output: Member, key: (i) => i.name }) },
  });
  const operation = prepare(members).get('look') as PreparedOperation;
  const asked = { name: 'A', email: 'ada@shop.example' };
  const answer = { ...asked, token: 'mine', visits: 1 };
  const differs = { ...answer, email: 'bob@shop.example', token: 'theirs', visits: 2 };
  reads = new ShadowReads(
    store,
    counts,
    (_operation, side) => Promise.resolve(side === 'monolith' ? answer : differs),
    () => 1,
  );
  reads.answered({ operation, side: 'monolith', input: asked, result: answer });
  await counted(1);
  expect(await store.samples('toy')).toMatchObject([
    {
      input: { name: 'A', email: '***' },
      differences: [
        { path: 'email', monolith: '***', extracted: '***' },
        { path: 'visits', monolith: 1, extracted: 2 },
      ],
    },
  ]);
});

it('a copy that is behind for a moment is no mismatch', async () => {
  let asked = 0;
  begin(() => Promise.resolve({ name: 'A', amount: ++asked < 3 ? 0 : 1 }));
  answered();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 0, unavailable: 0 });
});

it.each([
  ['an error', new DomainError('not_found', {}), 'not_found'],
  ['a crash', new TypeError('x is undefined'), 'internal'],
])('a candidate that ends in %s is a mismatch, and nobody else hears of it', async (_what, error, code) => {
  begin(() => Promise.reject(error));
  expect(answered).not.toThrow();
  expect(await counted(1)).toEqual({ compared: 1, mismatches: 1, unavailable: 0 });
  const [sample] = await store.samples('toy');
  expect(sample?.differences).toContainEqual({ path: 'failed', extracted: code });
});

it.each([
  ['is not there', new UnavailableError('toy', 'nobody serves it')],
  ['gave no answer in time', new OutcomeUnknownError('toy', 'look', '')],
])('a candidate that %s has said nothing: that is no mismatch, and counted apart', async (_what, error) => {
  begin(() => Promise.reject(error));
  answered();
  expect(await counted(1)).toEqual({ compared: 0, mismatches: 0, unavailable: 1 });
  expect(await store.samples('toy')).toEqual([]);
});

it('a copy that proves to be behind while it is asked is not compared', async () => {
  let sample = 1;
  const ask: AskSide = (_operation, side) => {
    sample = 0;
    return Promise.resolve({ name: 'A', amount: side === 'extracted' ? 0 : 1 });
  };
  reads = new ShadowReads(store, counts, ask, () => sample);
  answered();
  expect(await counted(1)).toEqual({ compared: 0, mismatches: 0, unavailable: 1 });
});

it('a question of its own asks both sides, and is counted as a probe', async () => {
  const ask = begin(() => Promise.resolve({ name: 'A', amount: 2 }));
  await reads.probe(look, input);
  await counts.flush();
  const { shadow } = await windows.sums('toy', 60_000);
  expect(shadow.probe).toEqual({ compared: 1, mismatches: 1, unavailable: 0 });
  expect(shadow.customer.compared).toBe(0);
  expect(ask.mock.calls.map(([, side]: unknown[]) => side)).toEqual(
    expect.arrayContaining(['monolith', 'extracted']),
  );
});

it('a question of its own that the first side refuses shows nothing: two refusals are always equal', async () => {
  const ask: AskSide = () => Promise.reject(new DomainError('not_found', {}));
  reads = new ShadowReads(store, counts, ask, () => 1);
  await reads.probe(look, input);
  await counts.flush();
  const { shadow } = await windows.sums('toy', 60_000);
  expect(shadow.probe).toEqual({ compared: 0, mismatches: 0, unavailable: 1 });
});

it('cleared, neither counts nor samples are left', async () => {
  begin(() => Promise.resolve({ name: 'A', amount: 2 }));
  answered();
  await counted(1);
  await windows.clearComparisons('toy');
  expect(await store.clear('toy')).toBe(1);
  expect((await windows.sums('toy', 60_000)).shadow.customer.compared).toBe(0);
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
  const broken = { query: () => Promise.reject(new Error('away')) };
  await counts.close();
  counts = new ComparisonCounts(new Windows(broken));
  reads = new ShadowReads(
    store,
    counts,
    () => Promise.resolve({ name: 'A', amount: 1 }),
    () => 1,
  );
  answered();
  await until('it is said', () => (warned.mock.calls.length > 0 ? true : undefined));
  warned.mockRestore();
});
