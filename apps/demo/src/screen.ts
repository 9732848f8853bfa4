const logEveryMs = 5_000;

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

/** Lines that stay, and below them, on a terminal, one that changes; elsewhere that one is printed now and then. */
export class Screen {
  private shown = '';
  private printedAt: number;

  constructor(
    private readonly output: Output,
    private readonly columns: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.printedAt = now();
  }

  /** Prints lines that stay. */
  print(text: string): void {
    this.output.write(`${this.output.isTTY && this.shown ? '\r\x1b[K' : ''}${text}\n`);
    if (this.output.isTTY) this.output.write(this.shown);
  }

  /** Shows what is going on. */
  show(text: string): void {
    if (this.output.isTTY) {
      // A line that wraps could not be taken back.
      this.shown = text.slice(0, this.columns() - 1);
      this.output.write(`\r\x1b[K${this.shown}`);
    } else if (this.now() - this.printedAt >= logEveryMs) {
      this.printedAt = this.now();
      this.output.write(`  ${text}\n`);
    }
  }

  /** Takes the line that changes away. */
  clear(): void {
    if (this.shown) this.output.write('\r\x1b[K');
    this.shown = '';
  }
}
