import { otherSide, type Side } from '../../routes/phase.js';
import type { ChunkHash, ChunkRange } from './chunk.js';
import type { Controls } from './readings.js';

/** Rows that are read one by one when their hashes differ, and about how many bytes their answer has: less than a message. */
const leafRows = 64;
const leafBytes = 393_216;
/** Of the rows of a chunk, in bytes: both databases read all of them to compute its hash. */
const chunkBytes = 16 * 1_048_576;
/** Parts that a differing range is cut into. */
const parts = 16;

interface Compared {
  same: boolean;
  /** The side with more rows in the range, and how many. */
  fuller: Side;
  rows: number;
}

export interface ScanOptions {
  /** A side that owns rows: asked first, and once more where they differ. */
  source: Side;
  /** The forms to compare in: of each side that owns rows, where the table has a transform. */
  forms: readonly Side[];
  signal: AbortSignal | undefined;
}

/** Walks through a table on both sides at once, down to the few rows around each difference. */
export class Scan {
  constructor(
    private readonly controls: Controls,
    private readonly options: ScanOptions,
    /** Called with each small range whose hashes differ, one after the other. */
    private readonly onLeaf: (range: ChunkRange) => Promise<void>,
  ) {}

  /** Where the next chunk ends; behind the last row of the source it goes by the other side's rows. null: nowhere. */
  async end(table: string, after: string[] | null, rows: number): Promise<string[] | null> {
    const { source } = this.options;
    const of = { table, after, rows, bytes: chunkBytes };
    return (
      (await this.controls[source].chunkEnd(of)) ?? (await this.controls[otherSide(source)].chunkEnd(of))
    );
  }

  /** Compares a range, and cuts it up where it differs. Resolves with its rows, on the side that has more. */
  async compare(range: ChunkRange): Promise<number> {
    let most = 0;
    for (const as of this.options.forms) {
      this.options.signal?.throwIfAborted();
      const compared = await this.hashes(range, as);
      most = Math.max(most, compared.rows);
      if (compared.same) continue;
      await this.narrow(range, compared);
      break;
    }
    return most;
  }

  /** A source that was written before the copy had it is asked once more: then nothing is wrong with most chunks. */
  private async hashes({ table, after, upTo }: ChunkRange, as: Side): Promise<Compared> {
    const { source } = this.options;
    const ask = (side: Side) => this.controls[side].chunkHash({ table, after, upTo, as });
    const [own, copy] = await Promise.all([ask(source), ask(otherSide(source))]);
    return {
      same: equal(own, copy) || equal(await ask(source), copy),
      fuller: own.rows >= copy.rows ? source : otherSide(source),
      rows: Math.max(own.rows, copy.rows),
    };
  }

  /** Cut by the rows of the fuller side: the other one may have none at all here. */
  private async narrow(range: ChunkRange, { fuller, rows }: Compared): Promise<void> {
    if (rows <= leafRows) return this.leaves(range, fuller);
    const step = Math.max(leafRows, Math.ceil(rows / parts));
    let { after } = range;
    for (let left = rows; left > 0; left -= step) {
      const end = left > step && (await this.controls[fuller].chunkEnd({ ...range, after, rows: step }));
      const upTo = end || range.upTo;
      await this.compare({ ...range, after, upTo });
      after = upTo;
    }
  }

  /** Cut by the rows of the fuller side; what the other one has behind them is in the last. */
  private async leaves(range: ChunkRange, fuller: Side): Promise<void> {
    const next = (after: string[] | null) =>
      this.controls[fuller].chunkEnd({ ...range, after, rows: leafRows, bytes: leafBytes, cut: true });
    let { after } = range;
    let end = await next(after);
    do {
      const more: string[] | null = end && (await next(end));
      const upTo = more ? end : range.upTo;
      await this.onLeaf({ ...range, after, upTo });
      [after, end] = [upTo, more];
    } while (end);
  }
}

const equal = (a: ChunkHash, b: ChunkHash): boolean => a.rows === b.rows && a.hash === b.hash;
