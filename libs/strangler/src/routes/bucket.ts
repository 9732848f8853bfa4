import { createHash } from 'node:crypto';

/**
 * How many parts a module's keys fall into; the smallest share that can be moved is one of them.
 *
 * @example
 * ```ts
 * const share = (percent: number) => (percent / 100) * buckets;
 * ```
 */
export const buckets = 10_000;

/**
 * The bucket of a routing key, 0 to 9999; `strangler.bucket` computes the same in SQL.
 *
 * @example
 * ```ts
 * const isExtractedAt = (percent: number, key: string) => bucketOf('orders', key) < (percent / 100) * buckets;
 * ```
 */
export const bucketOf = (module: string, key: string): number =>
  createHash('sha256').update(`${module}:${key}`).digest().readUInt32BE(0) % buckets;
