import fc from 'fast-check';
import { Breaker, type Verdict } from './breaker.js';

const rule = { share: 0.5, least: 10, windowMs: 10_000, openMs: 5_000 };

describe('a breaker', () => {
  let now: number;
  let breaker: Breaker;
  beforeEach(() => {
    now = 0;
    breaker = new Breaker(rule, () => now);
  });
  const send = (verdict: Verdict, count = 1) => {
    for (let sent = 0; sent < count; sent++) breaker.enter()!(verdict);
  };

  it('opens when half has failed, and not for a few', () => {
    send('failed', 9);
    expect(breaker.isOpen).toBe(false);
    send('ok', 10);
    send('failed');
    expect(breaker.isOpen).toBe(true);
    expect(breaker.enter()).toBeUndefined();
  });

  it('does not open for failures that are long ago', () => {
    send('failed', 9);
    now += rule.windowMs;
    send('failed');
    expect(breaker.isOpen).toBe(false);
  });

  it('lets one try, and all once that one is well', () => {
    send('failed', 10);
    now += rule.openMs;
    const trial = breaker.enter()!;
    expect(breaker.enter()).toBeUndefined();
    trial('ok');
    expect(breaker.isOpen).toBe(false);
    send('failed');
    expect(breaker.isOpen).toBe(false);
  });

  it('stays open when the trial fails, and tries anew when its client went away', () => {
    send('failed', 10);
    now += rule.openMs;
    breaker.enter()!('unknown');
    breaker.enter()!('failed');
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.waitMs).toBe(rule.openMs);
  });

  it('tries anew when nobody tells how a trial ended', () => {
    send('failed', 10);
    now += rule.openMs;
    const hangs = breaker.enter()!;
    now += rule.openMs;
    breaker.enter()!('ok');
    hangs('failed');
    expect(breaker.isOpen).toBe(false);
  });

  it('is not moved by requests from before it opened', () => {
    const late = Array.from({ length: 20 }, () => breaker.enter()!);
    send('failed', 10);
    for (const end of late) end('ok');
    expect(breaker.isOpen).toBe(true);
    now += rule.openMs;
    breaker.enter()!('ok');
    for (const end of late) end('failed');
    expect(breaker.isOpen).toBe(false);
  });

  it('never lets two through at a time, never opens without failures, and can always close again', () => {
    const step = fc.record({
      afterMs: fc.nat(3_000),
      verdict: fc.constantFrom<Verdict>('ok', 'failed', 'unknown'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        now = 0;
        const one = new Breaker(rule, () => now);
        let failures = 0;
        for (const { afterMs, verdict } of steps) {
          now += afterMs;
          const end = one.enter();
          if (!end) continue;
          if (one.isOpen) expect(one.enter()).toBeUndefined();
          end(verdict);
          if (verdict === 'failed') failures++;
          if (one.isOpen) expect(failures).toBeGreaterThanOrEqual(rule.share * rule.least);
        }
        now += rule.openMs;
        one.enter()!('ok');
        expect(one.isOpen).toBe(false);
      }),
    );
  });
});
