import fc from 'fast-check';
import {
  betaShare,
  evidenceAbove,
  lowerBound,
  normalQuantile,
  upperBound,
  upperDifference,
} from './binomial.js';

/** The probabilities of 0 to `n` bad ones of `n`. */
function distribution(n: number, p: number): number[] {
  const all = [(1 - p) ** n];
  for (let k = 1; k <= n; k++) all.push(((all[k - 1] as number) * (n - k + 1) * p) / (k * (1 - p)));
  return all;
}
/** Of `from` to `to` bad ones, added up. */
const between = (from: number, to: number, n: number, p: number): number =>
  distribution(n, p)
    .slice(from, to + 1)
    .reduce((sum, each) => sum + each, 0);
const shares = fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100);
const seen = fc.integer({ min: 1, max: 60 }).chain((n) => fc.record({ n: fc.constant(n), bad: fc.nat(n) }));

it('the incomplete beta function is the tail of the binomial distribution', () => {
  fc.assert(
    fc.property(seen, shares, ({ n, bad }, p) => {
      fc.pre(bad < n);
      expect(betaShare(n - bad, bad + 1, 1 - p)).toBeCloseTo(between(0, bad, n, p), 9);
    }),
  );
});

it.each([
  // Two-sided 95 % intervals that textbooks print.
  [0, 20, 0.0, 0.1684],
  [5, 20, 0.0866, 0.491],
  [10, 100, 0.049, 0.1762],
  [20, 20, 0.8316, 1],
])('Clopper and Pearson: %d of %d lie between %d and %d', (bad, n, low, high) => {
  expect(lowerBound({ n, bad }, 0.025)).toBeCloseTo(low, 4);
  expect(upperBound({ n, bad }, 0.025)).toBeCloseTo(high, 4);
});

it('an exact bound is where the tail has the probability alpha', () => {
  fc.assert(
    fc.property(seen, fc.constantFrom(0.05, 0.01, 0.001), ({ n, bad }, alpha) => {
      fc.pre(bad > 0 && bad < n);
      expect(between(0, bad, n, upperBound({ n, bad }, alpha))).toBeCloseTo(alpha, 6);
      expect(between(bad, n, n, lowerBound({ n, bad }, alpha))).toBeCloseTo(alpha, 6);
    }),
  );
});

it.each([
  [0.975, 1.959964],
  [0.95, 1.644854],
  [0.999, 3.090232],
  [0.5, 0],
  [0.1, -1.281552],
])('the normal quantile of %d is %d', (p, z) => expect(normalQuantile(p)).toBeCloseTo(z, 5));

it.each([
  // Newcombe (1998), table II, method 10: two-sided 95 % intervals.
  [56, 70, 48, 80, 0.0524, 0.3339],
  [9, 10, 3, 10, 0.1705, 0.809],
  [6, 7, 2, 7, 0.0582, 0.8062],
  [5, 56, 0, 29, -0.0381, 0.1926],
  [0, 10, 0, 20, -0.1611, 0.2775],
  [0, 10, 0, 10, -0.2775, 0.2775],
  [10, 10, 0, 20, 0.6791, 1],
])('Newcombe: %d of %d less %d of %d lies between %d and %d', (a, m, b, n, low, high) => {
  const [first, second] = [
    { n: m, bad: a },
    { n, bad: b },
  ];
  expect(upperDifference(first, second, 0.025)).toBeCloseTo(high, 4);
  expect(-upperDifference(second, first, 0.025)).toBeCloseTo(low, 4);
});

it('more bad ones are more evidence, and evidence for a higher limit is less', () => {
  fc.assert(
    fc.property(seen, fc.constantFrom(0.001, 0.01, 0.1, 0.5), ({ n, bad }, limit) => {
      fc.pre(bad < n);
      expect(evidenceAbove({ n, bad: bad + 1 }, limit)).toBeGreaterThan(evidenceAbove({ n, bad }, limit));
      if (bad / n > 2 * limit)
        expect(evidenceAbove({ n, bad }, limit)).toBeGreaterThan(evidenceAbove({ n, bad }, limit * 1.5));
    }),
  );
});

it('evidence has the mean 1 while the share is the limit: nobody is accused in the long run', () => {
  const [n, limit] = [40, 0.05];
  const mean = distribution(n, limit)
    .map((probability, bad) => probability * Math.exp(evidenceAbove({ n, bad }, limit)))
    .reduce((sum, each) => sum + each, 0);
  expect(mean).toBeCloseTo(1, 6);
});
