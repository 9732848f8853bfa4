import { bucketsOfTime, type Histogram } from './histogram.js';

/* What other programs report is looked at before it counts: neither gates nor charts must be led astray by what someone else has sent. */

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Calls of one population: how many, how many of them failed, and how long they took. */
export const areCalls = (value: Record<string, unknown>): boolean =>
  isCount(value['calls']) &&
  isCount(value['errors']) &&
  value['errors'] <= value['calls'] &&
  isHistogram(value['latency']);

const isHistogram = (value: unknown): value is Histogram =>
  Array.isArray(value) && value.length <= bucketsOfTime && value.every(isCount);
