import { columnsOf, type Output } from '../output.js';
import { cut, paint, type Line } from '../text/line.js';

const logEveryMs = 5_000;

/** One line that changes on a terminal; elsewhere a line every few seconds. */
export class ProgressLine {
  private shown = false;
  private nextAt = 0;

  constructor(private readonly out: Output) {}

  show(text: Line): void {
    const { stream, coloured } = this.out;
    if (stream.isTTY) {
      stream.write(`\r${paint(cut(text, columnsOf(stream) - 1), coloured)}\x1b[K`);
      this.shown = true;
    } else if (performance.now() >= this.nextAt) {
      this.out.print([text]);
      this.nextAt = performance.now() + logEveryMs;
    }
  }

  /** Takes the line away: what comes next says how it ended. */
  end(): void {
    if (this.shown) this.out.stream.write('\r\x1b[K');
  }
}
