import { cut, joined, line, paint, widthOf } from './line.js';

const parts = joined([line('green', 'green'), line(''), line('plain')]);

it('joins what is not empty', () => {
  expect(paint(parts, false)).toBe('green  plain');
});

it.each([
  [20, 'green  plain'],
  [12, 'green  plain'],
  [11, 'green  pla…'],
  [6, 'green…'],
  [3, 'gr…'],
  [1, '…'],
  [0, ''],
])('cut to %d columns it is %j', (width, text) => {
  const short = cut(parts, width);
  expect(paint(short, false)).toBe(text);
  expect(widthOf(short)).toBeLessThanOrEqual(width);
});

it('has colours only where they are wanted', () => {
  expect(paint(parts, true)).toBe('\x1b[32mgreen\x1b[0m  plain');
  expect(paint(parts, false)).not.toContain('\x1b');
});

it('text from outside cannot steer the terminal', () => {
  expect(paint(line('bad\x1b[2J\r\nrow\u009b1m'), false)).toBe('bad [2J  row 1m');
});
