import { Rates } from './rates.js';

it('a rate is that of the last ten seconds, and is not known at the first look', () => {
  const rates = new Rates();
  expect(rates.of('rows', 0, 0)).toBeNull();
  expect(rates.of('rows', 500, 5_000)).toBe(100);
  // It stood still for long, then went on: what was long ago does not count.
  expect(rates.of('rows', 500, 60_000)).toBeNull();
  expect(rates.of('rows', 1_500, 61_000)).toBe(1_000);
});

it('who looks seldom has a rate since the last look', () => {
  const rates = new Rates();
  rates.of('rows', 0, 0);
  rates.of('rows', 100, 1_000);
  expect(rates.of('rows', 3_100, 31_000)).toBe(100);
});

it('a counter that begins anew is measured anew', () => {
  const rates = new Rates();
  rates.of('rows', 5_000, 0);
  expect(rates.of('rows', 10, 1_000)).toBeNull();
  expect(rates.of('rows', 60, 2_000)).toBe(50);
});

it('a rate ends with the work, and does not decay after it', () => {
  const rates = new Rates();
  const tables = (copied: number, done: boolean) =>
    ({
      states: { monolith: { outgoing: { backfill: [{ table: 't', copied, total: 10, done }] } } },
    }) as never;
  const at = (copied: number, done: boolean, now: number) =>
    rates.measure('toy', { ...(tables(copied, done) as object), now } as never, { request: null, done: 0 });
  at(0, false, 0);
  expect(at(5, false, 1_000)).toEqual({ backfill: 5, verify: null });
  expect(at(10, true, 2_000)).toEqual({ backfill: null, verify: null });
  expect(at(10, true, 90_000)).toEqual({ backfill: null, verify: null });
});
