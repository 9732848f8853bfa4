import fc from 'fast-check';
import { RetryBudget } from './retry-budget.js';
import { SlidingCount } from './sliding-count.js';

const windowMs = 10_000;

function take(budget: RetryBudget): boolean {
  const { isLeft } = budget;
  if (isLeft) budget.take();
  return isLeft;
}

describe('what happened within a window', () => {
  it('counts all of the last nine tenths and nothing that is older than it', () => {
    const event = fc.record({ afterMs: fc.nat(4_000), count: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.nat(1_000_000), (events, start) => {
        let now = start;
        const window = new SlidingCount(windowMs, () => now);
        const all: { at: number; count: number }[] = [];
        const since = (ms: number) =>
          all.filter(({ at }) => at > now - ms).reduce((sum, { count }) => sum + count, 0);
        for (const { afterMs, count } of events) {
          now += afterMs;
          window.add(count);
          all.push({ at: now, count });
          expect(window.total).toBeGreaterThanOrEqual(since(windowMs * 0.9));
          expect(window.total).toBeLessThanOrEqual(since(windowMs));
        }
      }),
    );
  });
});

describe('a budget of retries', () => {
  const rule = { share: 0.2, perSecond: 1, windowMs };

  it('gives a share of the requests and the minimum, at any moment, whatever asks in whatever order', () => {
    const step = fc.record({ afterMs: fc.nat(3_000), requests: fc.nat(20), wanted: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        let now = 0;
        const budget = new RetryBudget(rule, () => now);
        const sent: number[] = [];
        const taken: number[] = [];
        const within = (times: number[], ms: number) => times.filter((at) => at > now - ms).length;
        for (const { afterMs, requests, wanted } of steps) {
          now += afterMs;
          for (let count = 0; count < requests; count++) sent.push((budget.request(), now));
          for (let count = 0; count < wanted; count++) if (take(budget)) taken.push(now);
          const most = Math.max(rule.share * within(sent, windowMs) + 10, 0);
          if (taken.at(-1) === now) expect(within(taken, windowMs * 0.9)).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('gives the minimum without any request, and anew when the window has passed', () => {
    let now = 0;
    const budget = new RetryBudget(rule, () => now);
    const takeSome = (wanted: number) => Array.from({ length: wanted }, () => take(budget)).filter(Boolean);
    expect(takeSome(30)).toHaveLength(10);
    now += windowMs;
    expect(takeSome(30)).toHaveLength(10);
  });
});
