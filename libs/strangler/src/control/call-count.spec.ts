import fc from 'fast-check';
import { above, bucketOfMs, emptyHistogram, percentile, sizeOf } from '../evidence/histogram.js';
import { CallCount } from './call-count.js';

const durations = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });

it('calls are counted once: taken, they are gone; what could not be written down is put back', () => {
  const tally = new CallCount();
  expect(tally.take()).toBeUndefined();
  tally.add(3, false);
  tally.add(700, true);
  const first = tally.take();
  expect(first).toMatchObject({ calls: 2, errors: 1 });
  expect(tally.take()).toBeUndefined();
  tally.add(3, true);
  tally.restore(first!);
  const all = tally.take()!;
  expect(all).toMatchObject({ calls: 3, errors: 2 });
  expect(sizeOf(all.latency)).toBe(3);
});

it('a percentile is the border above the duration of that rank, at most a quarter larger', () => {
  fc.assert(
    fc.property(durations, fc.constantFrom(0.01, 0.5, 0.99, 1), (all, share) => {
      const histogram = emptyHistogram();
      for (const ms of all) histogram[bucketOfMs(ms)]!++;
      const ranked = [...all].sort((a, b) => a - b)[Math.max(0, Math.ceil(all.length * share) - 1)]!;
      const found = percentile(histogram, share)!;
      if (ranked <= 15_000) {
        expect(found).toBeGreaterThanOrEqual(ranked * 0.999999);
        expect(found).toBeLessThanOrEqual(Math.max(0.25, ranked * 1.27));
      }
    }),
  );
});

it('those above a duration are those whose bucket lies above it', () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0.3, max: 10_000, noNaN: true }), (all, limit) => {
      const histogram = emptyHistogram();
      for (const ms of all) histogram[bucketOfMs(ms)]!++;
      const found = above(histogram, limit);
      expect(found).toBeLessThanOrEqual(all.filter((ms) => ms > limit).length);
      expect(found).toBeGreaterThanOrEqual(all.filter((ms) => ms > limit * 1.27).length);
    }),
  );
});

it('of nothing there is no percentile', () => expect(percentile(emptyHistogram(), 0.5)).toBeNull());
