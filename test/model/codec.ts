/**
 * Turns a state into bytes and back. Equal states have equal bytes: sets are sorted, and the starts of servers, which are only ever
 * compared, are numbered in the order in which they appear. The bytes are what is hashed, what the frontier keeps, and how a state
 * is copied.
 */
export interface Codec<T> {
  write(value: T, to: Writer): void;
  read(from: Reader): T;
}

export class Writer {
  readonly bytes = new Uint8Array(4096);
  length = 0;
  /** The highest start that was written, as the state has it. */
  top = 0;
  private readonly starts = new Uint8Array(256);
  private known = 0;

  reset(): void {
    this.length = 0;
    this.known = 0;
    this.top = 0;
    this.starts.fill(0);
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  start(value: number): void {
    if (value > this.top) this.top = value;
    if (value !== 0 && this.starts[value] === 0) this.starts[value] = ++this.known;
    this.byte(value === 0 ? 0 : this.starts[value]!);
  }
}

export class Reader {
  at = 0;
  constructor(public bytes: Uint8Array) {}

  start(): number {
    return this.bytes[this.at++]!;
  }
}

/** A small number, from -1 to 254. */
export const num: Codec<number> = {
  write(value, to) {
    if (value < -1 || value > 254) throw new RangeError(`${value} does not fit: something grows without end`);
    to.byte(value + 1);
  },
  read: (from) => from.bytes[from.at++]! - 1,
};

/** When a server was started; 0: not known. */
export const start: Codec<number> = {
  write: (value, to) => to.start(value),
  read: (from) => from.start(),
};

export const nullable = <T>(of: Codec<T>): Codec<T | null> => ({
  write(value, to) {
    to.byte(value === null ? 0 : 1);
    if (value !== null) of.write(value, to);
  },
  read: (from) => (from.bytes[from.at++] === 0 ? null : of.read(from)),
});

export const list = <T>(of: Codec<T>): Codec<T[]> => ({
  write(values, to) {
    to.byte(values.length);
    for (const value of values) of.write(value, to);
  },
  read(from) {
    const values = new Array<T>(from.bytes[from.at++]!);
    for (let i = 0; i < values.length; i++) values[i] = of.read(from);
    return values;
  },
});

/** A list whose order means nothing. */
export const bag = <T>(of: Codec<T>): Codec<T[]> => ({
  write(values, to) {
    to.byte(values.length);
    if (values.length < 2) return values.forEach((value) => of.write(value, to));
    const first = to.length;
    const parts = values.map((value) => {
      const from = to.length;
      of.write(value, to);
      return to.bytes.slice(from, to.length);
    });
    to.length = first;
    for (const part of parts.sort(compare)) {
      to.bytes.set(part, to.length);
      to.length += part.length;
    }
  },
  read: (from) => list(of).read(from),
});

export function struct<T extends object>(fields: { [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  // Written out once, from the names above only: a loop over names makes each property a dictionary access.
  /* eslint-disable @typescript-eslint/no-implied-eval */
  const args = ['f', 'value', 'to'];
  const write = new Function(
    ...args,
    names.map((name) => `f.${String(name)}.write(value.${String(name)}, to);`).join('\n'),
  ) as (f: typeof fields, value: T, to: Writer) => void;
  const read = new Function(
    'f',
    'from',
    `return { ${names.map((name) => `${String(name)}: f.${String(name)}.read(from)`).join(', ')} };`,
  ) as (f: typeof fields, from: Reader) => T;
  /* eslint-enable @typescript-eslint/no-implied-eval */
  return { write: (value, to) => write(fields, value, to), read: (from) => read(fields, from) };
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
