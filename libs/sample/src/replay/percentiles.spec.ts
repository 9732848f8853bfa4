import { array, assert, float, property } from 'fast-check';
import { latenciesOf } from './percentiles.js';

const durations = array(float({ min: 0, noNaN: true, noDefaultInfinity: true }), { minLength: 1 });

describe('percentiles', () => {
  it('are those of the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(latenciesOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(latenciesOf([3])).toEqual({ p50: 3, p95: 3, p99: 3, max: 3 });
  });

  it('are none where nothing was measured, instead of 0', () => {
    expect(latenciesOf([])).toEqual({ p50: null, p95: null, p99: null, max: null });
  });

  it('are figures that were measured, sorted as numbers and not as text', () => {
    assert(
      property(durations, (measured) => {
        const { p50, p95, p99, max } = latenciesOf(measured);
        const figures = [p50, p95, p99, max].map(Number);
        for (const figure of figures) expect(measured).toContain(figure);
        expect(max).toBe(Math.max(...measured));
        expect(figures).toEqual([...figures].sort((a, b) => a - b));
      }),
    );
  });
});
