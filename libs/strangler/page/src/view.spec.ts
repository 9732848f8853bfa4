import fc from 'fast-check';
import { between, hasEarlier, moved, questionOf, type View } from './view.js';

const now = Date.parse('2026-01-02T12:00:00Z');

it('what is chosen with the mouse lies in what is asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2e9 }), fc.integer({ min: 0, max: 86_000 }), (from, seconds) => {
      const { minutes, until } = between(from, from + seconds);
      expect(minutes >= 1 && minutes <= 1_440 && Number.isInteger(minutes)).toBe(true);
      expect(until).toBe((from + seconds) * 1_000);
      expect(until! / 1_000 - minutes * 60).toBeLessThanOrEqual(from);
    }),
  );
});

it('earlier and later move by half, and later than now is now', () => {
  const live = { minutes: 60, until: null };
  const before = moved(live, 'earlier', now);
  expect(before).toEqual({ minutes: 60, until: now - 1_800_000 });
  expect(moved(moved(before, 'earlier', now), 'later', now)).toEqual(before);
  expect(moved(before, 'later', now)).toEqual(live);
});

it('goes no earlier than what is kept', () => {
  expect(hasEarlier({ minutes: 1_440, until: null }, now)).toBe(false);
  expect(hasEarlier({ minutes: 60, until: null }, now)).toBe(true);
  let view: View = { minutes: 60, until: null };
  for (let steps = 0; hasEarlier(view, now); steps++) {
    expect(steps).toBeLessThan(60);
    view = moved(view, 'earlier', now);
  }
  expect(view.until! - 60 * 60_000).toBe(now - 1_440 * 60_000);
});

it('is asked for as the admin API understands it', () => {
  expect(questionOf({ minutes: 15, until: null })).toBe('minutes=15');
  expect(questionOf({ minutes: 5, until: now })).toBe('minutes=5&until=2026-01-02T12:00:00.000Z');
});
