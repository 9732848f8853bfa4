import fc from 'fast-check';
import { inService, pickOfTwo } from './pick-of-two.js';

const copy = fc.record({
  inFlight: fc.nat(6),
  full: fc.boolean(),
  ejected: fc.boolean(),
  healthy: fc.boolean(),
});
const copies = fc.array(copy, { maxLength: 6 });
const random = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 2, maxLength: 2 });
const drawn = (values: readonly number[]) => {
  const left = [...values];
  return () => left.shift() ?? 0;
};
const isIn = ({ ejected, healthy }: { ejected: boolean; healthy: boolean }) => healthy && !ejected;

describe('the choice of a copy', () => {
  it('leaves out those that are ejected, unhealthy or full, and chooses whenever one is left', () => {
    fc.assert(
      fc.property(copies, random, (all, values) => {
        const chosen = pickOfTwo(all, drawn(values));
        const those = all.some(isIn) ? all.filter(isIn) : all;
        const free = those.filter(({ full }) => !full);
        if (free.length === 0) expect(chosen).toBeUndefined();
        else expect(free).toContain(chosen);
      }),
    );
  });

  it('never takes the busiest of several, whatever is drawn', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(9), { minLength: 2, maxLength: 6 }), random, (loads, values) => {
        const all = loads.map((inFlight) => ({ inFlight, full: false, ejected: false, healthy: true }));
        expect(pickOfTwo(all, drawn(values))!.inFlight).toBeLessThan(Math.max(...loads));
      }),
    );
  });

  it('reaches each of those with the same load', () => {
    const all = Array.from({ length: 5 }, () => ({
      inFlight: 0,
      full: false,
      ejected: false,
      healthy: true,
    }));
    const tenths = Array.from({ length: 10 }, (_, tenth) => tenth / 10);
    const chosen = tenths.map((value) => pickOfTwo(all, drawn([value, value])));
    expect(new Set(chosen).size).toBe(5);
  });

  it('takes all when none is in service', () => {
    const out = [
      { inFlight: 0, full: false, ejected: true, healthy: true },
      { inFlight: 0, full: false, ejected: false, healthy: false },
    ];
    expect(inService(out)).toEqual(out);
    expect(inService([...out, { inFlight: 3, full: false, ejected: false, healthy: true }])).toHaveLength(1);
  });
});
