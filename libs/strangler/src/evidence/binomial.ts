/**
 * How sure one may be of a share of which `bad` of `n` have been seen. Exact bounds are those of Clopper and Pearson (1934),
 * of the difference of two shares those of Newcombe (1998, method 10: both sides' Wilson bounds), and the test that may be
 * looked at as often as one likes is Wald's likelihood ratio (1945), mixed over all larger shares (Robbins, 1970).
 */

/** What was seen of a share. */
export interface Counted {
  n: number;
  bad: number;
}

/** The largest share that is plausible: a larger one shows so few bad ones with a probability below `alpha`. */
export const upperBound = (seen: Counted, alpha: number): number =>
  seen.bad >= seen.n ? 1 : bisect((p) => !isBelow(seen, p, alpha));

/** The smallest share that is plausible: a smaller one shows so many bad ones with a probability below `alpha`. */
export const lowerBound = (seen: Counted, alpha: number): number =>
  seen.bad === 0 ? 0 : bisect((p) => isAbove(seen, p, alpha));

/** Whether the upper bound lies below `share`, or is it. */
export const isBelow = ({ n, bad }: Counted, share: number, alpha: number): boolean =>
  bad < n && betaShare(bad + 1, n - bad, share) >= 1 - alpha;

/** Whether the lower bound lies above `share`. */
export const isAbove = ({ n, bad }: Counted, share: number, alpha: number): boolean =>
  bad > 0 && betaShare(bad, n - bad + 1, share) < alpha;

/** The largest plausible difference: share of `now` minus share of `old`. */
export function upperDifference(now: Counted, old: Counted, alpha: number): number {
  if (old.n === 0) return upperBound(now, alpha);
  const z = normalQuantile(1 - alpha);
  const [p, q] = [now.bad / now.n, old.bad / old.n];
  return p - q + Math.hypot(wilson(now, z) - p, q - wilson(old, -z));
}

/** The bound of Wilson's interval (1927) on the side of the sign of `z`. */
function wilson({ n, bad }: Counted, z: number): number {
  const zz = z * z;
  const middle = bad + zz / 2;
  const half = z * Math.sqrt((bad * (n - bad)) / n + zz / 4);
  return Math.min(1, Math.max(0, (middle + half) / (n + zz)));
}

/** Of the larger shares that are tried, a tenth of them bad is the most likely one. */
const [priorBad, priorGood] = [1, 9];

/**
 * The natural logarithm of the evidence that more than `limit` are bad. Whatever the share is, as long as it is not above
 * the limit: the probability that the evidence ever exceeds `1 / alpha` is at most `alpha` (Ville, 1939).
 */
export function evidenceAbove({ n, bad }: Counted, limit: number): number {
  if (limit <= 0) return bad > 0 ? Infinity : -Infinity;
  if (limit >= 1) return -Infinity;
  const [a, b] = [priorBad + bad, priorGood + n - bad];
  const posterior = logBeta(a, b) + Math.log(betaAbove(a, b, limit));
  const prior = logBeta(priorBad, priorGood) + Math.log(betaAbove(priorBad, priorGood, limit));
  return posterior - prior - bad * Math.log(limit) - (n - bad) * Math.log1p(-limit);
}

/** Between 0 and 1, where a condition that holds below ends. */
function bisect(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 34; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const betaAbove = (a: number, b: number, x: number): number => betaShare(b, a, 1 - x);

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (Numerical Recipes, 6.4). */
export function betaShare(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(b, a, 1 - x);
  return (Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) * fraction(a, b, x)) / a;
}

const tiny = 1e-300;
const isAbout = (value: number, other: number, by: number): boolean =>
  value < other + by && value > other - by;
const awayFromZero = (value: number): number => (isAbout(value, 0, tiny) ? tiny : value);

/** Lentz's method. */
function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m < 1_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const step of [even, odd]) {
      d = 1 / awayFromZero(1 + step * d);
      c = awayFromZero(1 + step / c);
      result *= c * d;
    }
    if (isAbout(c * d, 1, 1e-14)) break;
  }
  return result;
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** The natural logarithm of the gamma function, for x ≥ 0.5, by Lanczos' series (g = 7). */
function logGamma(x: number): number {
  const t = x + 6.5;
  const sum = lanczos.reduce((all, c, i) => all + c / (x + i), 0.9999999999998099);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** How many standard deviations above the mean a share `p` of a normal distribution ends. */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p);
  // Newton's steps never go too far here: above the mean the distribution is concave.
  let z = 0;
  for (let i = 0; i < 100; i++) {
    const step = (p - normalBelow(z)) / normalDensity(z);
    z += step;
    if (step < 1e-10) break;
  }
  return z;
}

const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** Marsaglia's series (2004), for z from 0 to 10. */
function normalBelow(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 1; k < 400; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return 0.5 + sum * normalDensity(z);
}
