import { assert, double, integer, option, property } from 'fast-check';
import { backOffMs, retryAfterMs } from './back-off.js';

describe('the back-off', () => {
  it('grows with every try and ends at its cap', () => {
    expect([1, 2, 3, 7, 50].map((attempt) => backOffMs(attempt, undefined, 1))).toEqual([
      100, 200, 400, 5_000, 5_000,
    ]);
  });

  it('is not shorter than the shop asks for, and never longer than its cap', () => {
    expect(backOffMs(1, 1_000, 0.5)).toBe(1_000);
    assert(
      property(
        integer({ min: 1, max: 1_000 }),
        option(integer({ min: 0, max: 1_000_000 }), { nil: undefined }),
        double({ min: 0, max: 1, noNaN: true }),
        (attempt, asked, random) => {
          const wait = backOffMs(attempt, asked, random);
          expect(wait).toBeLessThanOrEqual(5_000);
          expect(wait).toBeGreaterThanOrEqual(Math.min(5_000, asked ?? 0));
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2010, 11, 1, 8, 26);

  it.each([
    ['2', 2_000],
    ['0', 0],
    ['Wed, 01 Dec 2010 08:26:03 GMT', 3_000],
    ['Wed, 01 Dec 2010 08:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('%s means %s ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
