import type { ClientBase } from 'pg';
import { BackfillCursor } from './backfill-cursor.js';
import {
  afterConflict,
  afterPoison,
  afterRetry,
  afterStored,
  fitted,
  fullSize,
  type BatchSize,
  type Tried,
} from './batch-size.js';
import type { Mode } from './frame.js';
import {
  moreChanges,
  type BatchRead,
  type BatchReader,
  type ChunkPlace,
  type WantedRows,
} from './read-batch.js';

/** What a batch is read with. */
export interface BatchSourceOptions {
  tables: readonly { name: string }[];
  reader: BatchReader;
  /** Bytes of the rows in a batch, and of one row, which may be more. */
  bytes: number;
  rowBytes: number;
  /** Rows in a batch. */
  batchRows: number;
}

/** What is on its way, or has come back, when a batch is read. */
export interface Meanwhile {
  /** Outbox ids that are under way, as PostgreSQL writes an array. */
  inFlight: string;
  /** What the other side's clock said last. */
  heard: string | null;
}

/** Reads batch after batch, and remembers from where on and how much. */
export class BatchSource {
  private readonly cursor: BackfillCursor;
  private size: BatchSize;

  constructor(private readonly options: BatchSourceOptions) {
    this.cursor = new BackfillCursor(options.tables.map(({ name }) => name));
    this.size = fullSize(options.batchRows);
  }

  /** How the batch is to be stored. */
  get mode(): Mode {
    return this.size.mode;
  }

  /** Where the next chunk begins; undefined: nothing is left to copy. */
  get position(): ChunkPlace | undefined {
    return this.cursor.next();
  }

  /** The next batch, `factor` times as large as usual. */
  async read(on: ClientBase, meanwhile: Meanwhile, factor = 1): Promise<BatchRead> {
    const batch = await this.options.reader.read(on, this.wanted(meanwhile, factor));
    this.cursor.follow(batch);
    return batch;
  }

  /** The batch was not stored, or is not sent: it is read again. */
  rewind(batch: BatchRead): void {
    this.cursor.rewind(batch);
  }

  /** Whether there is something behind this batch. */
  moreThan(batch: BatchRead): boolean {
    return moreChanges(batch) || this.position !== undefined;
  }

  /** What was asked for in vain, when not even reading succeeds. */
  tried(): Tried {
    const { rows, chunkRows, position } = this.wanted({ inFlight: '{}', heard: null });
    return { changed: rows, copied: position ? chunkRows : 0 };
  }

  stored(batch: BatchRead): void {
    const { batchRows } = this.options;
    this.size = fitted(afterStored(this.size, batchRows), batch, batchRows);
  }

  retry(): void {
    this.size = afterRetry(this.size);
  }

  conflict(): void {
    this.size = afterConflict(this.size);
  }

  /** Less comes next, until the row is found that cannot be stored: then says of which kind it is. */
  poison(tried: Tried): 'change' | 'row' | undefined {
    const after = afterPoison(this.size, tried);
    if ('park' in after) return after.park;
    this.size = after.next;
    return undefined;
  }

  private wanted({ inFlight, heard }: Meanwhile, factor = 1): WantedRows {
    const { batchRows, bytes, rowBytes } = this.options;
    const { position } = this;
    if (!position && this.size.only === 'chunk') this.size = { ...this.size, only: null };
    const { rows: usual, chunkRows, only } = this.size;
    const rows = factor > 1 ? batchRows * factor : usual;
    return {
      rows: only === 'chunk' ? 0 : rows,
      chunkRows: only === 'changes' ? 0 : chunkRows,
      allRows: Math.max(rows, batchRows),
      bytes: bytes * factor,
      ...{ rowBytes, inFlight, position, heard },
    };
  }
}
