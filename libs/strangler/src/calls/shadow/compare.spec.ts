import fc from 'fast-check';
import { compare } from './compare.js';

it.each<[what: string, a: unknown, b: unknown, volatile: string[], paths: string[]]>([
  ['equal answers', { a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }, [], []],
  ['a field', { a: 1, b: 2 }, { a: 1, b: 3 }, [], ['b']],
  ['a field that is missing', { a: null }, {}, [], ['a']],
  ['an element', { items: [{ n: 1 }, { n: 2 }] }, { items: [{ n: 1 }, { n: 3 }] }, [], ['items.1.n']],
  ['lists of other lengths', { items: [1] }, { items: [1, 2] }, [], ['items']],
  ['another order', [1, 2], [2, 1], [], ['0', '1']],
  ['a number and its text', { a: 1 }, { a: '1' }, [], ['a']],
  ['a list and an object', { a: [] }, { a: {} }, [], ['a']],
  ['a volatile field', { at: 1, b: 1 }, { at: 2, b: 1 }, ['at'], []],
  ['a volatile field in a list', { items: [{ at: 1 }] }, { items: [{ at: 2 }] }, ['items.*.at'], []],
  ['a volatile part', { meta: { x: 1 } }, { meta: { y: 1 } }, ['meta'], []],
  [
    'a field beside a volatile one',
    { items: [{ at: 1, n: 1 }] },
    { items: [{ at: 2, n: 2 }] },
    ['items.*.at'],
    ['items.0.n'],
  ],
])('%s', (_what, a, b, volatile, paths) => {
  expect(compare(a, b, volatile).map(({ path }) => path)).toEqual(paths);
});

it('a value equals its copy and nothing else', () => {
  const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [left, right] = [copy(a), copy(b)];
      expect(compare(left, copy(left), [])).toEqual([]);
      const differ = compare(left, right, []).length > 0;
      let equal = true;
      try {
        expect(left).toStrictEqual(right);
      } catch {
        equal = false;
      }
      expect(differ).toBe(!equal);
    }),
  );
});

it.each([
  ['as deep as a writer likes', (end: number) => `${'{"a":'.repeat(20_000)}${end}${'}'.repeat(20_000)}`],
  ['as wide', (end: number) => `[${'0,'.repeat(200_000)}${end}]`],
])('%s', (_what, text) => {
  const value = (end: number): unknown => JSON.parse(text(end));
  expect(compare(value(1), value(1), ['b.*'])).toEqual([]);
  const [difference] = compare(value(1), value(2), []);
  expect(difference).toMatchObject({ monolith: 1, extracted: 2 });
  expect(difference!.path.length).toBeLessThan(200);
});

it('of many differences some are kept', () => {
  const list = (n: number) => Array.from({ length: 1_000 }, () => n);
  expect(compare(list(1), list(2), [])).toHaveLength(20);
});
