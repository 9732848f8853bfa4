import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { Database } from '../database/database.js';
import { describeTables, type MovingModule } from '../database/tables.js';
import { bucketOf } from '../routes/bucket.js';
import { sampleKeys } from '../sides/sample-keys.js';
import { bucketOfMs, emptyHistogram, percentile } from './histogram.js';
import type { CallQuestion } from './call-sums.js';
import { Windows, type CallDelta } from './windows.js';

/* What would go wrong: a new leader begins with nothing; what other processes saw does not count; an outage is held against a side. */
/** In ms. */
const minute = 60_000;
let test: TestDatabase;
let database: Database;
let windows: Windows;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
  windows = new Windows(database);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

function delta(ms: number, change: Partial<CallDelta> = {}): CallDelta {
  const latency = emptyHistogram();
  latency[bucketOfMs(ms)] = 10;
  return { module: 'toy', side: 'extracted', origin: 'customer', calls: 10, errors: 1, latency, ...change };
}

it('calls of all processes are added up, by side and origin, and outlive who saw them', async () => {
  await windows.addCalls([delta(3), delta(40, { origin: 'probe' })], 0, []);
  await windows.addCalls([delta(3), delta(3, { side: 'monolith', errors: 0 })], 0, []);
  await test.query(`insert into strangler.call_window select module, slot, 'another', side, origin, calls, errors, latency
    from strangler.call_window where origin = 'customer' and side = 'extracted'`);
  const { calls, recent } = await new Windows(database).sums('toy', 60_000);
  expect(calls.customer.extracted).toMatchObject({ calls: 40, errors: 4 });
  expect(calls.customer.monolith).toMatchObject({ calls: 10, errors: 0 });
  expect(calls.probe.extracted).toMatchObject({ calls: 10, errors: 1 });
  expect(percentile(calls.customer.extracted.latency, 0.99)).toBeLessThan(5);
  expect(percentile(calls.probe.extracted.latency, 0.99)).toBeGreaterThan(39);
  expect(recent.customer.extracted.calls).toBe(40);
});

it('what was before the step, or before an outage, does not count; what is old is no burst', async () => {
  await windows.addCalls([delta(3, { module: 'old' })], 20_000, []);
  expect((await windows.sums('old', 60_000)).calls.customer.extracted.calls).toBe(10);
  expect((await windows.sums('old', 60_000)).recent.customer.extracted.calls).toBe(0);
  expect((await windows.sums('old', 10_000)).calls.customer.extracted.calls).toBe(0);
  await windows.restart('old');
  const { ageMs, calls } = await windows.sums('old', 60_000);
  expect(calls.customer.extracted.calls).toBe(0);
  expect(ageMs).toBeLessThan(60_000);
});

it('what services report of their databases is added; a report of this database is not', async () => {
  await windows.addCalls([delta(3, { module: 'served' })], 0, []);
  const here = await windows.report({ module: 'served', ageMs: 60_000 });
  const asked: CallQuestion[] = [];
  const { calls, recent } = await windows.sums('served', 60_000, (question) => {
    asked.push(question);
    return Promise.resolve([here, { ...here, home: 'another' }]);
  });
  expect(asked).toEqual([{ module: 'served', ageMs: 60_000 }]);
  expect(calls.customer.extracted).toMatchObject({ calls: 20, errors: 2 });
  expect(recent.customer.extracted).toMatchObject({ calls: 20, errors: 2 });
  expect(calls.customer.extracted.latency.reduce((sum, each) => sum + each)).toBe(20);
});

it('after an hour neither a call nor a comparison counts any more, however long the step lasts', async () => {
  const compared = {
    module: 'slow',
    origin: 'customer',
    compared: 3,
    mismatches: 1,
    unavailable: 2,
  } as const;
  for (const ageMs of [61 * minute, 59 * minute]) {
    await windows.addCalls([delta(3, { module: 'slow' })], ageMs, []);
    await windows.addComparisons([compared], ageMs);
  }
  const { ageMs, calls, shadow } = await windows.sums('slow', 600 * minute);
  expect(ageMs).toBe(600 * minute);
  expect(calls.customer.extracted).toMatchObject({ calls: 10, errors: 1 });
  expect(shadow.customer).toEqual({ compared: 3, mismatches: 1, unavailable: 2 });
  expect((await windows.sums('slow', 30 * minute)).shadow.customer.compared).toBe(0);
});

it('whole minutes are added up once, and each look after it reads the same sums without them', async () => {
  for (let i = 0; i < 10; i++) await windows.addCalls([delta(3, { module: 'long' })], i * minute, []);
  const first = await windows.sums('long', 60 * minute);
  expect(first.calls.customer.extracted).toMatchObject({ calls: 100, errors: 10 });
  // What is settled is not looked at again: neither is a row that is gone missed, nor one that comes too late counted.
  await test.query(
    `delete from strangler.call_window where module = 'long' and slot < clock_timestamp() - interval '5 min'`,
  );
  await windows.addCalls([delta(3, { module: 'long' })], 0, []);
  const again = await windows.sums('long', 60 * minute);
  expect(again.calls.customer.extracted).toMatchObject({ calls: 110, errors: 11 });
  expect(again.calls.customer.extracted.latency).toEqual(
    first.calls.customer.extracted.latency.map((each) => Math.round(each * 1.1)),
  );
  // The step begins later: what was before does not count, though it is known.
  expect((await windows.sums('long', 3.5 * minute)).calls.customer.extracted.calls).toBe(50);
});

it('comparisons that were cleared do not come back with what a process had not written down yet', async () => {
  const compared = {
    module: 'mended',
    origin: 'customer',
    compared: 3,
    mismatches: 1,
    unavailable: 0,
  } as const;
  await windows.addComparisons([compared], 0);
  await windows.clearComparisons('mended');
  await windows.addComparisons([compared], 500);
  const { shadow, ageMs } = await windows.sums('mended', minute);
  expect({ ...shadow.customer, ageMs }).toEqual({
    compared: 0,
    mismatches: 0,
    unavailable: 0,
    ageMs: minute,
  });
  // Seconds later they count again.
  await test.query(`update strangler.evidence set compared_since = compared_since - interval '1 min'`);
  expect((await windows.sums('mended', minute)).shadow.customer).toMatchObject({
    compared: 6,
    mismatches: 2,
  });
});

it('after a day it is forgotten', async () => {
  await windows.addCalls([delta(3, { module: 'gone' })], 25 * 3_600_000, ['gone']);
  await windows.prune();
  expect(await test.query(`select from strangler.call_window where module = 'gone'`)).toEqual([]);
  expect(await test.query(`select from strangler.call_window where module = 'toy' limit 1`)).toHaveLength(1);
});

it('keys are sampled at their owner, over all its buckets, as many as are wanted; of a large table too', async () => {
  await test.query(`create schema toy; create table toy.thing (name text primary key, more text not null);
    insert into toy.thing select 'T-' || i, repeat('x', 300) from generate_series(1, 20000) i`);
  const module: MovingModule = {
    module: 'toy',
    ownership: 'by-key',
    tables: ['thing'],
    routingKey: 'name',
    transforms: {},
  };
  const tables = await describeTables(database, module);
  const keys = await sampleKeys(database, module, tables, { from: 0, to: 5_000, limit: 200 });
  const found = keys.map((key) => bucketOf('toy', key));
  expect(keys.length).toBeGreaterThan(100);
  expect(keys.length).toBeLessThanOrEqual(200);
  expect(Math.max(...found)).toBeLessThan(5_000);
  // In each tenth of the buckets there are some.
  expect(new Set(found.map((bucket) => Math.floor(bucket / 500))).size).toBe(10);
  const whole = { ...module, ownership: 'whole' as const, routingKey: undefined };
  expect(await sampleKeys(database, whole, tables, { from: 0, to: 10_000, limit: 5 })).toHaveLength(5);
  await test.query('delete from toy.thing');
  expect(await sampleKeys(database, module, tables, { from: 0, to: 10_000, limit: 5 })).toEqual([]);
});
