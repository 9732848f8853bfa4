import fc from 'fast-check';
import { phases } from '../../routes/phase.js';
import { bandsOf, marksOf, type Move } from './moves.js';

/* What would go wrong: a moment in no phase or in two, and a hand-off that was taken back drawn as one that moved keys. */
const moved = (at: number, from: Move['from'], to: Move['to']): Move => ({
  ...{ at, from, to },
  ...{ outcome: 'done', figures: {} },
});
const handedOver = (at: number, figures: object, outcome: Move['outcome'] = 'done'): Move => ({
  ...{ at, from: 'shifting', to: 'shifting', outcome },
  figures: { ...figures },
});

it('where nothing has changed, it was in the present phase all the time', () => {
  expect(bandsOf({ from: 10, until: 90 }, [], 'shadow')).toEqual([{ from: 10, until: 90, phase: 'shadow' }]);
});

it('each change begins a band; hand-offs and what was not done begin none', () => {
  const moves: Move[] = [
    moved(20, 'monolith', 'dual-write'),
    handedOver(30, { oldBelow: 0, newBelow: 100 }),
    { ...moved(40, 'dual-write', 'shadow'), outcome: 'aborted' },
    moved(50, 'dual-write', 'shadow'),
  ];
  expect(bandsOf({ from: 10, until: 90 }, moves, 'shadow')).toEqual([
    { from: 10, until: 20, phase: 'monolith' },
    { from: 20, until: 50, phase: 'dual-write' },
    { from: 50, until: 90, phase: 'shadow' },
  ]);
});

it('a range that has ended is told by what came after it', () => {
  const moves = [moved(20, 'monolith', 'dual-write'), moved(95, 'dual-write', 'shadow')];
  expect(bandsOf({ from: 30, until: 90 }, moves.slice(1), 'shadow')).toEqual([
    { from: 30, until: 90, phase: 'dual-write' },
  ]);
  expect(bandsOf({ from: 90, until: 90 }, moves.slice(1), 'shadow')).toEqual([]);
});

const changes = fc
  .uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 12 })
  .chain((at) =>
    fc
      .array(fc.constantFrom(...phases), { minLength: at.length + 1, maxLength: at.length + 1 })
      .map((walk) => at.sort((a, b) => a - b).map((each, i) => moved(each, walk[i]!, walk[i + 1]!))),
  );

it('whatever has happened: every moment of the range is in the phase to which the last change before it led', () => {
  fc.assert(
    fc.property(changes, fc.nat(150), fc.nat(100), (all, from, length) => {
      const range = { from, until: from + length };
      const present = all.at(-1)?.to ?? 'monolith';
      const bands = bandsOf(
        range,
        all.filter(({ at }) => at > from),
        present,
      );
      for (let moment = range.from; moment < range.until; moment++) {
        const those = bands.filter((band) => band.from <= moment && moment < band.until);
        const last = all.filter(({ at }) => at <= moment).at(-1);
        expect(those.map(({ phase }) => phase)).toEqual([last?.to ?? all[0]?.from ?? present]);
      }
      expect(bands.every((band) => band.from >= range.from && band.until <= range.until)).toBe(true);
    }),
  );
});

it('a hand-off says which share became which, and for how long writers were held', () => {
  const moves = [
    handedOver(9, { oldBelow: 0, newBelow: 1, fencedMs: 1 }),
    handedOver(10, { oldBelow: 1, newBelow: 1_000, fencedMs: 12.5 }),
    moved(15, 'monolith', 'dual-write'),
    handedOver(20, { oldBelow: 1_000, newBelow: 5_000, fencedMs: null }),
    handedOver(30, { oldBelow: 1_000, newBelow: 5_000, fencedMs: 5_003 }, 'aborted'),
    handedOver(31, { oldBelow: 1_000, newBelow: 0, fencedMs: 3 }),
  ];
  expect(marksOf({ from: 10, until: 30 }, moves)).toEqual([
    { at: 10, from: 0.01, to: 10, pauseMs: 12.5 },
    { at: 20, from: 10, to: 50, pauseMs: null },
    { at: 30, from: 10, to: 10, pauseMs: 5_003 },
  ]);
});
