import fc from 'fast-check';
import { Policy } from './policy.js';
import { secondsUntil, shareOf, take, type Bucket, type Rate } from './token-bucket.js';

const rates = fc.record<Rate>({
  perSecond: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 500 }),
});
/** Pauses between requests, in ms; a clock that stands still among them. */
const pauses = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5_000, noNaN: true })), {
  maxLength: 200,
});
const slack = 1e-6;

/** When requests came that were taken. */
function taken(rate: Rate, waits: readonly number[]): number[] {
  let bucket: Bucket | undefined;
  let now = 0;
  return waits.flatMap((wait) => {
    now += wait;
    const after = take(bucket, rate, now);
    bucket = after.bucket;
    return after.ok ? [now] : [];
  });
}

it('never more than the burst and what the rate adds is taken, in whatever time', () => {
  fc.assert(
    fc.property(rates, pauses, (rate, waits) => {
      const times = taken(rate, waits);
      times.forEach((from, i) =>
        times.slice(i).forEach((to, more) => {
          expect(more + 1).toBeLessThanOrEqual(rate.burst + ((to - from) / 1_000) * rate.perSecond + slack);
        }),
      );
    }),
  );
});

it('who keeps to the rate is never refused', () => {
  fc.assert(
    fc.property(
      rates,
      fc.array(fc.double({ min: 1, max: 3, noNaN: true }), { maxLength: 200 }),
      (rate, slower) => {
        const waits = slower.map((times) => (times * 1_000 * (1 + slack)) / rate.perSecond);
        expect(taken(rate, waits)).toHaveLength(waits.length);
      },
    ),
  );
});

it('who waits for as long as it says is taken', () => {
  fc.assert(
    fc.property(rates, pauses, (rate, waits) => {
      let bucket = take(undefined, rate, 0).bucket;
      let now = 0;
      for (const wait of waits) bucket = take(bucket, rate, (now += wait)).bucket;
      const seconds = secondsUntil(1, bucket, rate);
      expect(take(bucket, rate, now + seconds * 1_000 * (1 + slack)).ok).toBe(true);
    }),
  );
});

it('the shares of several together are no more than the whole, as long as each may let one through', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 20 }), (rate, among) => {
      const share = shareOf(rate, among);
      expect(share.perSecond * among).toBeCloseTo(rate.perSecond);
      expect(share.burst * among).toBeCloseTo(Math.max(rate.burst, among));
    }),
  );
});

describe('a policy', () => {
  it('counts each key apart, and says what is left', () => {
    const policy = new Policy('user', { perSecond: 2, burst: 3 }, () => 1);
    const [first, , third, fourth] = [0, 0, 0, 0].map((now) => policy.take('ann', now));
    expect(first).toMatchObject({ ok: true, policy: '"user";q=3;w=2', left: '"user";r=2;t=1' });
    expect(third).toMatchObject({ ok: true, left: '"user";r=0;t=2' });
    expect(fourth).toMatchObject({ ok: false, retryAfterSeconds: 1 });
    expect(policy.take('bob', 0).ok).toBe(true);
    expect(policy.take('ann', 500).ok).toBe(true);
    expect(policy.limited).toBe(1);
  });

  it('gives its share to one that joins, also of what was left, and has it back when that is gone', () => {
    let live = 1;
    const policy = new Policy('user', { perSecond: 10, burst: 10 }, () => live);
    const atOnce = (now: number) => {
      for (let n = 0; ; n++) if (!policy.take('ann', now).ok) return n;
    };
    policy.take('ann', 0);
    live = 5;
    expect(atOnce(0)).toBe(2);
    expect(atOnce(1_000)).toBe(2);
    live = 1;
    expect(atOnce(2_000)).toBe(10);
    // It has not heard of anybody, not even of itself.
    live = 0;
    expect(atOnce(3_000)).toBe(10);
  });

  it('knows a bounded number of keys: of addresses there is no end', () => {
    const policy = new Policy('address', { perSecond: 1, burst: 1 }, () => 1);
    for (let n = 0; n < 50_001; n++) policy.take(`key ${n}`, 0);
    expect(policy.take('key 50000', 0).ok).toBe(false);
    expect(policy.take('key 0', 0).ok).toBe(true);
  });
});
