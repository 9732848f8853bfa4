/** How much may come. */
export interface Rate {
  /** In the long run. */
  readonly perSecond: number;
  /** At once, after a pause; at least 1. */
  readonly burst: number;
}

/** What is left for one key. */
export interface Bucket {
  /** 0 up to the burst. */
  readonly tokens: number;
  /** When that was counted, in ms; of a clock that only goes forward. */
  readonly at: number;
}

/** The bucket after a request, and whether that is taken. */
export interface Taken {
  readonly ok: boolean;
  readonly bucket: Bucket;
}

/**
 * Takes one token, if there is one: a token bucket, which is filled at the rate up to the burst. In any time of s seconds it lets at most
 * burst + rate × s through, and it refuses nobody who keeps to the rate. Without a bucket it is full. Pure.
 *
 * @example take(undefined, { perSecond: 5, burst: 10 }, 0) // { ok: true, bucket: { tokens: 9, at: 0 } }
 */
export function take(before: Bucket | undefined, rate: Rate, now: number): Taken {
  const tokens = before ? filled(before, rate, now) : rate.burst;
  const ok = tokens >= 1;
  return { ok, bucket: { tokens: ok ? tokens - 1 : tokens, at: now } };
}

/** Seconds until there are so many tokens, whole and at least 1. */
export const secondsUntil = (wanted: number, { tokens }: Bucket, { perSecond }: Rate): number =>
  Math.max(1, Math.ceil((wanted - tokens) / perSecond));

/** The share of one of so many who count apart. Each lets at least one through. */
export const shareOf = ({ perSecond, burst }: Rate, among: number): Rate => ({
  perSecond: perSecond / among,
  burst: Math.max(1, burst / among),
});

const filled = ({ tokens, at }: Bucket, { perSecond, burst }: Rate, now: number): number =>
  Math.min(burst, tokens + (Math.max(0, now - at) / 1_000) * perSecond);
