import { median } from './rounds.js';

/** A median, and between what it lies with a confidence of at least 95 %: `NaN` for fewer than 6 values. */
export interface Interval {
  median: number;
  low: number;
  high: number;
}

/**
 * Of the median, by the sign test: however the values scatter, each lies above the true median as often as below, so the
 * k-th smallest and the k-th largest enclose it unless a coin falls fewer than k times on one of its sides.
 */
export function intervalOf(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let k = 0;
  for (let below = 0.5 ** n, term = below; below <= 0.025; below += term) {
    k++;
    term *= (n - k + 1) / k;
  }
  return { median: median(values), low: sorted[k - 1] ?? NaN, high: k > 0 ? (sorted[n - k] ?? NaN) : NaN };
}

/** Of the ratios of neighbours in time. */
export const ratios = (ours: readonly number[], theirs: readonly number[]): Interval =>
  intervalOf(ours.map((value, round) => value / (theirs[round] ?? NaN)));
