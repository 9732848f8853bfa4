import fc from 'fast-check';
import { idsOf, multirange } from './ids.js';

it.each([
  ['{}', []],
  ['{7}', [7]],
  ['{1,2,7}', [1, 2, 7]],
])('%s holds %p', (array, ids) => {
  expect(idsOf(array)).toEqual(ids);
});

it.each([
  [[], '{}'],
  [[7], '{[7,8)}'],
  [[2, 1, 7, 3], '{[1,4),[7,8)}'],
  [[5, 5, 6], '{[5,7)}'],
  [[9_007_199_254_000, 9_007_199_254_001], '{[9007199254000,9007199254002)}'],
])('%p as ranges: %s', (ids, text) => {
  expect(multirange(ids)).toBe(text);
});

it('holds exactly the ids, in ranges that do not touch', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60)), (ids) => {
      const ranges = [...multirange(ids).matchAll(/\[(\d+),(\d+)\)/g)].map(([, low, end]) => [+low!, +end!]);
      const held = ranges.flatMap(([low, end]) => Array.from({ length: end! - low! }, (_, i) => low! + i));
      expect(held).toEqual([...new Set(ids)].sort((a, b) => a - b));
      for (const [place, [low]] of ranges.entries())
        expect(low).toBeGreaterThan(ranges[place - 1]?.[1] ?? -1);
    }),
  );
});
