import { cut, paint, type Line } from './text/line.js';

/** A stream that may be a terminal. */
export interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Where results go: text for people, or JSON alone. */
export class Output {
  constructor(
    readonly stream: Out,
    readonly coloured: boolean,
  ) {}

  /** Columns that a line may take; a stream that is no terminal has no end. */
  get width(): number {
    return this.stream.isTTY ? (this.stream.columns ?? 80) : Infinity;
  }

  /** Writes lines; a terminal gets them cut to its width only if `fit` asks for it: what is read once may wrap. */
  print(lines: readonly Line[], { fit = false } = {}): void {
    const width = fit ? this.width : Infinity;
    for (const one of lines) this.stream.write(`${paint(cut(one, width), this.coloured)}\n`);
  }

  json(value: unknown): void {
    this.stream.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One value a line, for programs that read as they go. */
  jsonLine(value: unknown): void {
    this.stream.write(`${JSON.stringify(value)}\n`);
  }
}
