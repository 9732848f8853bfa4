import fc from 'fast-check';
import { cut, joined, line, paint, widthOf, wrap, type Line } from './line.js';

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

it.each([
  [40, ['  needs 200 compared reads: npm run x']],
  [36, ['  needs 200 compared reads:', '    npm run x']],
  [20, ['  needs 200 compared', '    reads: npm run x']],
  [12, ['  needs 200', '    compared', '    reads:', '    npm run', '    x']],
  [9, ['  needs', '    200', '    compa', '    red', '    reads', '    : npm', '    run x']],
])('broken at %d columns between words, with a command in one piece: %j', (width, lines) => {
  const text = [{ text: '  needs 200 compared reads: ' }, { text: 'npm run x', whole: true } as const];
  expect(wrap(text, width).map((one) => paint(one, false))).toEqual(lines);
});

it('nothing of a line is lost where it is broken', () => {
  const words = fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(words, fc.integer({ min: 4, max: 60 }), (texts, width) => {
      const whole = line(texts.join(' '));
      const broken = wrap(whole, width);
      expect(broken.every((one) => widthOf(one) <= width)).toBe(true);
      const letters = (lines: readonly Line[]) =>
        lines
          .flat()
          .map(({ text }) => text)
          .join('')
          .replace(/\s/g, '');
      expect(letters(broken)).toBe(letters([whole]));
    }),
  );
});

it('has colours only where they are wanted', () => {
  expect(paint(parts, true)).toBe('\x1b[32mgreen\x1b[0m  plain');
  expect(paint(parts, false)).not.toContain('\x1b');
});

it('text from outside cannot steer the terminal', () => {
  expect(paint(line('bad\x1b[2J\r\nrow\u009b1m'), false)).toBe('bad [2J  row 1m');
});
