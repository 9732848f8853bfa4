import { intervalOf, ratios } from './pairs.js';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('an interval of the median', () => {
  // The critical values of the sign test, two-sided, 5 %.
  it.each([
    [6, 1],
    [8, 1],
    [9, 2],
    [12, 3],
    [15, 4],
    [20, 6],
    [25, 8],
  ])('of %i values begins at the %ith', (n, k) => {
    expect(intervalOf(upTo(n).reverse())).toMatchObject({ low: k, high: n + 1 - k });
  });

  it('of five values says nothing', () => {
    expect(intervalOf(upTo(5))).toEqual({ median: 3, low: NaN, high: NaN });
  });

  it('is one of ratios of the same round', () => {
    expect(ratios([2, 4, 6, 8, 10, 12], [1, 2, 3, 4, 5, 6])).toEqual({ median: 2, low: 2, high: 2 });
  });
});
