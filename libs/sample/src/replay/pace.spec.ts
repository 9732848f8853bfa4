import { array, assert, double, property } from 'fast-check';
import { Pace } from './pace.js';

describe('the pace', () => {
  it('lets everything go when there is no limit', () => {
    const pace = new Pace(Infinity);
    expect([1, 1, 1, 2].map((now) => pace.take(now))).toEqual([0, 0, 0, 0]);
  });

  it('spreads orders that are all due at once', () => {
    const pace = new Pace(10);
    expect([0, 0, 0].map((now) => pace.take(now))).toEqual([0, 100, 200]);
  });

  it('is never faster than asked, however irregular the orders come', () => {
    const rate = 50;
    assert(
      property(array(double({ min: 0, max: 100, noNaN: true }), { minLength: 2, maxLength: 200 }), (gaps) => {
        const pace = new Pace(rate);
        let now = 0;
        const starts = gaps.map((gap) => (now += gap) + pace.take(now)).sort((a, b) => a - b);
        // In any span: what the rate allows, what the bucket holds, and the one that opens the span.
        for (let from = 0; from < starts.length; from++) {
          const span = (starts.at(-1) as number) - (starts[from] as number);
          expect(starts.length - from).toBeLessThanOrEqual(
            (span / 1_000) * rate + (50 / 1_000) * rate + 1 + 1e-6,
          );
        }
      }),
    );
  });

  it('makes up for timers that wake a little late, but not for a long pause', () => {
    const pace = new Pace(100);
    for (let now = 0; now < 100; now += 10) pace.take(now);
    expect(pace.take(115)).toBe(0);
    expect(pace.take(115)).toBe(0);
    const afterPause = Array.from({ length: 20 }, () => pace.take(60_000));
    expect(afterPause.filter((wait) => wait === 0)).toHaveLength(5);
  });
});
