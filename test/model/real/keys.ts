import { bucketOf, buckets as realBuckets } from '#strangler/routes/bucket';
import { buckets } from '../state.js';

/** How many real buckets one of the model's is. */
export const width = realBuckets / buckets;

/** A row's key for each bucket of the model; sorted. */
export const keys: readonly string[] = Array.from({ length: buckets }, (_, bucket) => {
  for (let n = 0; ; n++) {
    const key = `${'abcd'[bucket]}${n}`;
    if (Math.floor(bucketOf('cells', key) / width) === bucket) return key;
  }
});

export const keysOf = (mask: number): string[] => keys.filter((_, bit) => mask & (1 << bit));
export const maskOf = (some: readonly string[]): number =>
  some.reduce((mask, key) => mask | (1 << keys.indexOf(key)), 0);

/** The real buckets of a range of the model's, given as a mask of neighbours. */
export const rangeOf = (mask: number): { from: number; to: number } => {
  const bits = keys.flatMap((_, bit) => (mask & (1 << bit) ? [bit] : []));
  return { from: bits[0]! * width, to: (bits.at(-1)! + 1) * width };
};
