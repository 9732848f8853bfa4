import { LRUCache } from 'lru-cache';
import { secondsUntil, shareOf, take, type Bucket, type Rate } from './token-bucket.js';

/** Keys of one policy that are known at a time: those that nobody has used for the longest are full again anyway. */
const mostKeys = 50_000;

/** What a policy says of a request. */
export interface Verdict {
  readonly ok: boolean;
  /** Until the next one is taken, in whole seconds. */
  readonly retryAfterSeconds: number;
  /** An item of the field `RateLimit-Policy`. */
  readonly policy: string;
  /** An item of the field `RateLimit`. */
  readonly left: string;
}

/**
 * One limit, with a bucket a key, in this process's memory. Gateways count apart, each its share: none waits for another one, and
 * together they let through what the limit says.
 */
export class Policy {
  private readonly buckets = new LRUCache<string, Bucket>({ max: mostKeys });
  private among = 1;
  private share: Rate;
  private described: string;
  private refused = 0;

  /** `live`: how many processes share the limit. */
  constructor(
    readonly name: string,
    private readonly rate: Rate,
    private readonly live: () => number,
  ) {
    this.share = rate;
    this.described = this.describe();
  }

  /** Requests that were refused so far. */
  get limited(): number {
    return this.refused;
  }

  take(key: string, now = performance.now()): Verdict {
    this.divide();
    const { ok, bucket } = take(this.buckets.get(key), this.share, now);
    this.buckets.set(key, bucket);
    if (!ok) this.refused++;
    const full = secondsUntil(this.share.burst, bucket, this.share);
    return {
      ok,
      retryAfterSeconds: secondsUntil(1, bucket, this.share),
      policy: this.described,
      left: `"${this.name}";r=${Math.floor(bucket.tokens)};t=${full}`,
    };
  }

  private divide(): void {
    const among = Math.max(1, this.live());
    if (among === this.among) return;
    this.among = among;
    this.share = shareOf(this.rate, among);
    this.described = this.describe();
  }

  private describe(): string {
    const { burst, perSecond } = this.share;
    return `"${this.name}";q=${Math.floor(burst)};w=${Math.max(1, Math.ceil(burst / perSecond))}`;
  }
}
