import { duration, liveText, rateOf, secondsLeft } from './live-text.js';
import { statusOf } from './status.fixture.js';
import { tourOf } from './tour.js';

const live = { leg: 1, legs: 4, ordersPerSecond: 14.96, errors: 0, left: 61 };

describe('the live line', () => {
  it('says where the module is, how the orders do, and how long it will take', () => {
    const status = statusOf({ phase: 'shifting', percent: 25, lagMs: 3.14 });
    expect(liveText({ ...live, status })).toBe(
      '[2/4] shelf shifting 25 % · 15.0 orders/s · lag 3.1 ms · about 1 min 1 s left',
    );
  });

  it('shows how far a backfill or a verification is, what is waited for, and errors', () => {
    const backfill = { done: 30, total: 90, rowsPerSecond: 10, etaSeconds: 6 };
    const verify = {
      running: { done: 1, total: 8, etaSeconds: null },
      checkedAt: null,
      rows: 0,
      differences: 0,
    };
    const status = statusOf({ phase: 'dual-write', backfill, verify, waitingFor: 'it waits for samples' });
    expect(liveText({ ...live, status, errors: 2 })).toBe(
      '[2/4] shelf dual-write · backfill 33 % · verify 12 % · 15.0 orders/s · lag – · 2 ERRORS · ' +
        'about 1 min 1 s left · it waits for samples',
    );
  });

  it('says nothing of what is done, or has no known end yet', () => {
    const backfill = { done: 90, total: 90, rowsPerSecond: 10, etaSeconds: 0 };
    const verify = {
      running: { done: 0, total: 0, etaSeconds: null },
      checkedAt: null,
      rows: 0,
      differences: 0,
    };
    expect(liveText({ ...live, status: statusOf({ backfill, verify }) })).not.toMatch(/backfill|verify/);
  });

  it('counts the orders of the last five seconds', () => {
    expect(rateOf([], 9_000)).toBe(0);
    expect(rateOf([1_000, 3_999, 4_000, 4_001, 8_000], 9_000)).toBeCloseTo(0.4);
  });

  it('expects of a leg what the last one of its kind took', () => {
    const tour = tourOf(undefined);
    expect(secondsLeft(tour, [], 0)).toBe(40 + 15 + 40 + 40 + 10);
    expect(secondsLeft(tour, [30], 5)).toBe(10 + 30 + 30 + 10);
    expect(secondsLeft(tour, [30, 9, 20], 50)).toBe(1 + 10);
    expect(secondsLeft(tour, [30, 9, 20, 20], 50)).toBe(11);
  });

  it('tells durations as people do', () => {
    expect([duration(0.2), duration(59.1), duration(125)]).toEqual(['1 s', '1 min 0 s', '2 min 5 s']);
  });
});
