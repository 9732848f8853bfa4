import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type IRateLimiterOptions, type RateLimiterRes } from 'rate-limiter-flexible';

/** As many as of each rate limit: some 20 MB. */
const mostKeys = 50_000;

/**
 * Counts in this process's memory, of so many keys at most: of more, those that nobody has used for the longest are forgotten. Whoever goes on
 * trying is looked up at each attempt, so others who come in between take nothing off his count.
 */
export class BoundedMemory extends RateLimiterMemory {
  private readonly used: LRUCache<string, true>;

  constructor(options: IRateLimiterOptions, most = mostKeys) {
    super(options);
    this.used = new LRUCache({
      max: most,
      dispose: (_used, key, why) => {
        if (why === 'evict') void super.delete(key);
      },
    });
  }

  override penalty(key: string, ...how: [number?, Record<string, unknown>?]): Promise<RateLimiterRes> {
    this.used.set(key, true);
    return super.penalty(key, ...how);
  }

  override set(key: string, points: number, seconds: number): Promise<RateLimiterRes> {
    this.used.set(key, true);
    return super.set(key, points, seconds);
  }

  override get(key: string): Promise<RateLimiterRes | null> {
    this.used.get(key);
    return super.get(key);
  }

  override delete(key: string): Promise<boolean> {
    this.used.delete(key);
    return super.delete(key);
  }
}
