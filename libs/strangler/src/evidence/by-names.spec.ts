import { ByNames } from './by-names.js';

it('each path of names has a value of its own, made once', () => {
  const counts = new ByNames<{ n: number }>();
  const count = (...names: string[]) =>
    names.reduce((at, name) => at.at(name), counts).get(() => ({ n: 0 })).n++;
  for (const names of [['a', 'bc'], ['ab', 'c'], ['a', 'bc'], ['a']]) count(...names);
  expect(counts.values()).toEqual([{ n: 1 }, { n: 2 }, { n: 1 }]);
  expect(counts.at('ab').values()).toEqual([{ n: 1 }]);
});
