import { columnsOf, type Out } from '../output.js';
import { paint, wrap, type Line } from '../text/line.js';

// The screen that full-screen programs have for themselves (what was there before comes back), no cursor, no wrapping.
const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';

/** A terminal on which the same lines are drawn again and again. */
export class Screen {
  private entered = false;

  constructor(
    private readonly stream: Out,
    private readonly coloured: boolean,
  ) {}

  /** Draws over what was there. Lines that are too long are broken; those that do not fit below are left out. */
  draw(lines: readonly Line[]): void {
    const [columns, rows] = [columnsOf(this.stream), this.stream.rows || 24];
    const all = lines.flatMap((one) => wrap(one, columns));
    const shown = all.length < rows ? all : [...all.slice(0, rows - 2), [{ text: '…' }]];
    const text = shown.map((one) => paint(one, this.coloured) + clearLine).join('\r\n');
    // In one write, over the old lines instead of after a clearing: nothing flickers.
    this.stream.write((this.entered ? '' : enter) + home + text + clearBelow);
    this.entered = true;
  }

  /** Gives the terminal back as it was. May be called again. */
  leave(): void {
    if (this.entered) this.stream.write(leave);
    this.entered = false;
  }
}
