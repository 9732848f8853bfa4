import { bar, progressLine } from './bar.js';
import { duration, figure, milliseconds, number, percent, share } from './figures.js';
import { paint, type Line } from './line.js';

const plain = (parts: Line) => paint(parts, false);

it.each([
  [0, '0 s'],
  [3.2, '4 s'],
  [60, '1 min 0 s'],
  [125, '2 min 5 s'],
  [3_780, '1 h 3 min'],
  [172_799, '47 h 59 min'],
  [270_000, '3 d 3 h'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

it.each([
  [null, '–'],
  [1.26, '1.26 ms'],
  [999.6, '1,000 ms'],
  [12_000, '12 s'],
])('%p milliseconds are %s', (ms, text) => expect(milliseconds(ms)).toBe(text));

it.each([
  [null, '–'],
  [0.01234, '0.0123'],
  [200, '200'],
  [1_234, '1,234'],
  [1_290.1591550923506, '1,290'],
])('%p is %s', (value, text) => expect(figure(value)).toBe(text));

it('numbers are read in groups', () => expect(number(1_234_567.4)).toBe('1,234,567'));

it('all is said when nothing is left, and nothing to do is done', () => {
  expect(percent(share(1_999, 2_000))).toBe('99 %');
  expect(percent(share(2_001, 2_000))).toBe('100 %');
  expect(percent(share(0, 0))).toBe('100 %');
});

it.each([
  [0, '░░░░░░░░░░'],
  [0.001, '▏░░░░░░░░░'],
  [0.01, '▏░░░░░░░░░'],
  [0.06, '▋░░░░░░░░░'],
  [0.5, '█████░░░░░'],
  [0.999, '█████████▉'],
  [1, '██████████'],
])('a bar of %d', (part, text) => expect(plain(bar(part, 10, 'green'))).toBe(text));

it('a bar has figures, as far as they are known', () => {
  const done = { done: 630, total: 1_000, rowsPerSecond: 12_345.6, etaSeconds: 3 };
  expect(plain(progressLine(done, 5))).toBe('███▏░   63 %  630 of 1,000 rows · 12,346/s · 3 s left');
  expect(plain(progressLine({ ...done, rowsPerSecond: null, etaSeconds: null }, 5))).toBe(
    '███▏░   63 %  630 of 1,000 rows',
  );
});
