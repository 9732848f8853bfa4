/** The lowest border, in ms, and how many borders there are from one to its double. */
const first = 0.25;
const perDouble = 3;
/** How many there are. The last one has no upper border: 21 s and more. */
export const bucketsOfTime = 50;

/** Upper borders in ms, each a quarter larger than the one before. A call of a duration equal to a border lies below it. */
const borders: readonly number[] = Array.from(
  { length: bucketsOfTime - 1 },
  (_, i) => first * 2 ** (i / perDouble),
);

/** Durations, counted by buckets that are the same in every process and release: they can be added up. */
export type Histogram = readonly number[];

/** The bucket of a duration in ms. */
export const bucketOfMs = (ms: number): number =>
  ms <= first ? 0 : Math.min(bucketsOfTime - 1, Math.ceil(perDouble * Math.log2(ms / first) - 1e-9));

/** A histogram without durations, to count into. */
export const emptyHistogram = (): number[] => new Array<number>(bucketsOfTime).fill(0);

/** How many durations there are. */
export const sizeOf = (histogram: Histogram): number => histogram.reduce((sum, each) => sum + each, 0);

/**
 * The upper border, in ms, of the bucket in which the percentile `share` (0 to 1, nearest rank) lies; null: no durations.
 *
 * @internal
 */
export function percentile(histogram: Histogram, share: number): number | null {
  const rank = Math.max(1, Math.ceil(sizeOf(histogram) * share));
  let seen = 0;
  for (const [i, each] of histogram.entries()) {
    seen += each;
    if (seen >= rank) return borders[Math.min(i, borders.length - 1)] as number;
  }
  return null;
}

/** How many durations are longer than `ms`, which counts as the border above it. */
export const above = (histogram: Histogram, ms: number): number =>
  sizeOf(histogram.slice(bucketOfMs(ms) + 1));
