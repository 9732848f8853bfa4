import { line } from '../text/line.js';
import { Screen } from './screen.js';

function terminal(columns: number, rows: number) {
  const written: string[] = [];
  return { written, isTTY: true, columns, rows, write: (text: string) => void written.push(text) };
}

const restored = '\x1b[?7h\x1b[?25h\x1b[?1049l';

it('draws over what was there, broken at the width of the terminal, and gives it back', () => {
  const stream = terminal(10, 10);
  const screen = new Screen(stream, false);
  screen.draw([line('a line that is too long'), line('short')]);
  screen.draw([line('next')]);
  screen.leave();
  screen.leave();
  expect(stream.written).toEqual([
    '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[Ha line\x1b[K\r\n  that is\x1b[K\r\n  too long\x1b[K\r\nshort\x1b[K\x1b[J',
    '\x1b[Hnext\x1b[K\x1b[J',
    restored,
  ]);
});

it('a low terminal gets what fits, without scrolling', () => {
  const stream = terminal(10, 4);
  new Screen(stream, false).draw(['1', '2', '3', '4', '5'].map((text) => line(text)));
  expect(stream.written[0]).toContain('1\x1b[K\r\n2\x1b[K\r\n…');
  expect(stream.written[0]!.split('\n')).toHaveLength(3);
});

it('one that does not know its size is taken for one of 80 columns and 24 rows', () => {
  const stream = terminal(0, 0);
  new Screen(stream, false).draw([line('x'.repeat(70))]);
  expect(stream.written[0]).toContain('x'.repeat(70));
});

it('a terminal that was never drawn on is left alone', () => {
  const stream = terminal(10, 4);
  new Screen(stream, false).leave();
  expect(stream.written).toEqual([]);
});
