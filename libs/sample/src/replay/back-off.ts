const firstMs = 100;
const longestMs = 5_000;

/**
 * How long to wait before the next try, in ms: what the shop said, else exponential with full jitter, so that orders which
 * failed together do not come back together. Capped.
 *
 * @param attempt tries so far, from 1
 * @param random a number from 0 to 1
 */
export function backOffMs(attempt: number, retryAfterMs: number | undefined, random = Math.random()): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return Math.min(longestMs, Math.max(retryAfterMs ?? 0, ceiling * random));
}

/** A `Retry-After` header (RFC 9110: seconds, or a date) in ms from now; `undefined` when there is none to go by. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
