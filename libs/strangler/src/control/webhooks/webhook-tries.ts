const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long is waited after each try that has failed, in ms, as Standard Webhooks recommends it: ten tries within three days. */
export const standardWaitsMs: readonly number[] = [
  ...[5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour],
  ...[10 * hour, 14 * hour, 20 * hour, 24 * hour],
];
/** A receiver may ask for a longer wait; not for one that nobody would expect. */
const longestWaitMs = 24 * hour;
/** So much longer or shorter, that those that failed together do not all come back together. */
const jitter = 0.1;

/** A try that has failed. */
export interface FailedTry {
  /** How often the entry was tried, with this one. */
  tries: number;
  /** For how long each try of the receiver has failed while the entry was there, in ms. */
  failingMs: number;
  /** What the receiver has asked for, in ms. */
  retryAfterMs?: number | undefined;
}

/** What follows a try that has failed. */
export interface AfterTry {
  /** The entry is not tried again. */
  isLast: boolean;
  /** The receiver is not called before, in ms: the same entry, or the next one. */
  waitMs: number;
}

/**
 * What follows. An entry that has waited behind others for as long as all tries take is tried once: else a receiver that is gone for good would
 * be left with one entry in three days, and what waits for it would grow. `random`: 0 to 1. Pure.
 */
export function afterTry(
  { tries, failingMs, retryAfterMs = 0 }: FailedTry,
  random: number,
  waitsMs: readonly number[] = standardWaitsMs,
): AfterTry {
  const allMs = waitsMs.reduce((sum, ms) => sum + ms, 0);
  const isLast = tries > waitsMs.length || failingMs >= allMs;
  const ownMs = (isLast ? waitsMs[0] : waitsMs[tries - 1]) ?? 0;
  const jittered = ownMs * (1 - jitter + 2 * jitter * random);
  return { isLast, waitMs: Math.round(Math.max(jittered, Math.min(retryAfterMs, longestWaitMs))) };
}

/** How long a receiver asks to be left alone, in ms: `Retry-After` of RFC 9110, in seconds or as a date. Pure. */
export function retryAfterIn(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * second;
  // Whatever else looks like a date to somebody.
  const at = header.endsWith(' GMT') ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
