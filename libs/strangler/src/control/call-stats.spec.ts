import { CallStats } from './call-stats.js';

it('without calls there is no figure, not a zero', () => {
  expect(new CallStats().of('monolith')).toEqual({ calls: 0, errors: 0, p50Ms: null, p99Ms: null });
});

it('counts each side for itself', () => {
  const stats = new CallStats();
  for (let ms = 1; ms <= 100; ms++) stats.record('extracted', ms, ms > 98);
  stats.record('monolith', 7, false);
  expect(stats.of('extracted')).toEqual({ calls: 100, errors: 2, p50Ms: 50, p99Ms: 99 });
  expect(stats.of('monolith')).toEqual({ calls: 1, errors: 0, p50Ms: 7, p99Ms: 7 });
});

it('percentiles are of the latest calls, counts of all', () => {
  const stats = new CallStats();
  for (let i = 0; i < 5_000; i++) stats.record('monolith', 1_000, false);
  for (let i = 0; i < 5_000; i++) stats.record('monolith', 1, false);
  expect(stats.of('monolith')).toMatchObject({ calls: 10_000, p50Ms: 1, p99Ms: 1 });
});

it('after a reset it begins anew', () => {
  const stats = new CallStats();
  stats.record('monolith', 1, true);
  stats.reset();
  expect(stats.of('monolith')).toMatchObject({ calls: 0, errors: 0 });
});
