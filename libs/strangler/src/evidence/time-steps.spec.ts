import fc from 'fast-check';
import { keptMs, keptRange, stepsIn, stepSecondsFor } from './time-steps.js';

/* What would go wrong: a chart with gaps, points that jump from look to look, and a last point that looks like a breakdown. */
const now = Date.parse('2026-01-02T03:04:05.678Z');
const minutes = fc.integer({ min: 1, max: 1_440 });
const moments = fc.integer({ min: now - 3 * keptMs, max: now + keptMs });

it.each([
  [1, 10],
  [15, 10],
  [25, 10],
  [26, 20],
  [60, 30],
  [240, 100],
  [1_440, 580],
])('of %d minutes a step takes %d s', (range, seconds) => {
  expect(stepSecondsFor(range)).toBe(seconds);
});

it('of no number of minutes there are more than 150 steps', () => {
  for (let range = 1; range <= 1_440; range++)
    expect([range, Math.floor((range * 60) / stepSecondsFor(range)) <= 150]).toEqual([range, true]);
});

it('the range ends now, or when it is said, and never before what is kept', () => {
  expect(keptRange(15, null, now)).toEqual({ from: now - 900_000, until: now });
  expect(keptRange(15, now - 1, now)).toEqual({ from: now - 900_001, until: now - 1 });
  expect(keptRange(15, now + 60_000, now)).toEqual({ from: now - 900_000, until: now });
  expect(keptRange(1_440, now - 1_000, now)).toEqual({ from: now - keptMs, until: now - 1_000 });
  expect(keptRange(15, now - keptMs - 1, now)).toEqual({ from: now - keptMs, until: now - keptMs });
});

it('steps of fifteen minutes are the whole ones, without the one that is not written down yet', () => {
  const lastOf = (later: number) => stepsIn(keptRange(15, null, now + later), 10, now + later).at.at(-1);
  const { at } = stepsIn(keptRange(15, null, now), 10, now);
  expect(at[0]).toBe(Date.parse('2026-01-02T02:49:10Z') / 1_000);
  expect(at.at(-1)).toBe(Date.parse('2026-01-02T03:03:50Z') / 1_000);
  // Two seconds after its end it is.
  expect(lastOf(6_321)).toBe(at.at(-1));
  expect(lastOf(6_322)).toBe(at.at(-1)! + 10);
});

it('whatever is asked: whole steps without gaps, within the range, at most 150', () => {
  fc.assert(
    fc.property(minutes, fc.option(moments), (range, until) => {
      const seconds = stepSecondsFor(range);
      const { from, until: end } = keptRange(range, until, now);
      const { at } = stepsIn({ from, until: end }, seconds, now);
      expect(seconds % 10).toBe(0);
      expect(from).toBeGreaterThanOrEqual(now - keptMs);
      expect(end - from).toBeLessThanOrEqual(range * 60_000);
      expect(at.length).toBeLessThanOrEqual(150);
      at.forEach((second, i) => {
        expect(second % seconds).toBe(0);
        expect(second).toBe(at[0]! + i * seconds);
        expect(second * 1_000).toBeGreaterThanOrEqual(from);
        expect((second + seconds) * 1_000).toBeLessThanOrEqual(end);
      });
      // Less than two steps, and what is not written down, are left out.
      expect((end - from) / 1_000 - at.length * seconds).toBeLessThan(2 * seconds + 2);
    }),
  );
});

it('a second later the same steps are there', () => {
  fc.assert(
    fc.property(minutes, fc.integer({ min: 0, max: 60_000 }), (range, later) => {
      const seconds = stepSecondsFor(range);
      const { at } = stepsIn(keptRange(range, null, now), seconds, now);
      const next = stepsIn(keptRange(range, null, now + later), seconds, now + later).at;
      const both = next.filter((second) => second <= at.at(-1)!);
      expect(at.slice(at.length - both.length)).toEqual(both);
    }),
  );
});
