import fc from 'fast-check';
import { entry } from '../../../../../test/support/standing.js';
import { webhookMessage } from './webhook-message.js';
import { afterTry, retryAfterIn, standardWaitsMs } from './webhook-tries.js';

const dayMs = 86_400_000;
const allMs = standardWaitsMs.reduce((sum, ms) => sum + ms, 0);
const random = fc.double({ min: 0, max: 1, noNaN: true });
const tried = fc.record({
  tries: fc.integer({ min: 1, max: 12 }),
  failingMs: fc.integer({ min: 0, max: 30 * dayMs }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 400 * dayMs }), { nil: undefined }),
});

it('nobody is called sooner than he asks, nor waits for more than a day and what is added by chance', () => {
  fc.assert(
    fc.property(tried, random, (failed, chance) => {
      const { waitMs } = afterTry(failed, chance);
      const leastMs = Math.max(4_500, Math.min(failed.retryAfterMs ?? 0, dayMs));
      return waitMs >= leastMs && waitMs <= 1.1 * dayMs;
    }),
  );
});

it('ten tries are made within four days, after the waits of Standard Webhooks and a tenth of each, whatever chance adds', () => {
  fc.assert(
    fc.property(fc.array(random, { minLength: 10, maxLength: 10 }), (chances) => {
      const waits: number[] = [];
      for (let tries = 1; ; tries++) {
        const failingMs = waits.reduce((sum, ms) => sum + ms, 0);
        const { isLast, waitMs } = afterTry({ tries, failingMs }, chances[tries - 1]!);
        if (isLast) return tries === 10 && failingMs < 4 * dayMs;
        if (Math.abs(waitMs - standardWaitsMs[tries - 1]!) > standardWaitsMs[tries - 1]! / 9) return false;
        waits.push(waitMs);
      }
    }),
  );
});

it('what has waited behind others for as long as all tries take is tried once, and the next one soon', () => {
  fc.assert(
    fc.property(random, fc.integer({ min: allMs, max: 2 * allMs }), (chance, failingMs) => {
      const { isLast, waitMs } = afterTry({ tries: 1, failingMs }, chance);
      return isLast && waitMs < 6_000;
    }),
  );
});

it.each([
  ['120', 120_000],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:02:00 GMT', 60_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
  ['1e9', undefined],
  [null, undefined],
])('Retry-After: %s', (header, ms) => expect(retryAfterIn(header, 60_000)).toBe(ms));

it('a type has the letters that Standard Webhooks takes, whatever an entry is of', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (action) =>
      /^strangler\.\w*\.done$/.test(webhookMessage(entry(1, { action, outcome: 'done' })).type),
    ),
  );
});

it.each([
  ['hand-off to 25 %', 'strangler.hand_off.begun'],
  ['serve-unproven', 'strangler.serve_unproven.begun'],
  ['pause', 'strangler.pause.begun'],
])('an entry of %s is of the type %s', (action, type) =>
  expect(webhookMessage(entry(1, { action, outcome: 'begun' })).type).toBe(type),
);
