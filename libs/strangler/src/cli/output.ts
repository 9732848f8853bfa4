import type { Environment } from './access.js';
import { paint, wrap, type Line } from './text/line.js';

/** A stream that may be a terminal. */
export interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Of a terminal; some say 0, because nobody has told them. */
export const columnsOf = ({ columns }: Out): number => columns || 80;

/** Whether text for people may be coloured: on a terminal that can, unless NO_COLOR (no-color.org) says no. */
export const mayColour = (env: Environment, { isTTY }: Out): boolean =>
  isTTY === true && !env.NO_COLOR?.trim() && env.TERM !== 'dumb';

/** Where results go: text for people, or JSON alone. */
export class Output {
  constructor(
    readonly stream: Out,
    readonly coloured: boolean,
  ) {}

  /** Columns that a line may take; a stream that is no terminal has no end. */
  get width(): number {
    return this.stream.isTTY ? columnsOf(this.stream) : Infinity;
  }

  /** Writes lines; those that are wider than a terminal are broken between words. */
  print(lines: readonly Line[]): void {
    for (const one of lines.flatMap((each) => wrap(each, this.width)))
      this.stream.write(`${paint(one, this.coloured)}\n`);
  }

  json(value: unknown): void {
    this.stream.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One value a line, for programs that read as they go. */
  jsonLine(value: unknown): void {
    this.stream.write(`${JSON.stringify(value)}\n`);
  }
}
