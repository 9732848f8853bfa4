import type { Mode } from './frame.js';
import type { BatchRead } from './read-batch.js';

/** How much the next batch may hold, and how it is stored. */
export interface BatchSize {
  /** Outbox rows at most. */
  rows: number;
  chunkRows: number;
  mode: Mode;
  /** While a row is looked for that cannot be stored: only changes, or only rows of the backfill. */
  only: 'changes' | 'chunk' | null;
}

/** What was in the batch that failed. */
export interface Tried {
  /** Rows that changes name. */
  changed: number;
  /** Rows of the chunk. */
  copied: number;
}

/** What to do after poison: read less, or set the one row aside that is left. */
export type AfterPoison = { next: BatchSize } | { park: 'change' | 'row' };

/** How far a swap of unique values may be apart: the batch that follows a conflict is so many times larger. */
const enlargement = 5;
/** Less is not tried after a time-out. */
const atLeast = 50;

export const fullSize = (max: number): BatchSize => ({
  rows: max,
  chunkRows: max,
  mode: 'upsert',
  only: null,
});

/** Grows back, by doubling. A chunk that was left out for the search comes next, alone. */
export function afterStored(size: BatchSize, max: number): BatchSize {
  const rows = size.only === 'chunk' ? size.rows : Math.min(max, size.rows * 2);
  const chunkRows = size.only === 'changes' ? size.chunkRows : Math.min(max, size.chunkRows * 2);
  const only = size.only === 'changes' ? 'chunk' : null;
  return { rows, chunkRows, mode: 'upsert', only };
}

/** The other side did not answer in time, or could not: perhaps it was too much. */
export const afterRetry = (size: BatchSize): BatchSize => ({
  ...size,
  rows: Math.min(size.rows, Math.max(atLeast, size.rows >> 1)),
  chunkRows: Math.min(size.chunkRows, Math.max(atLeast, size.chunkRows >> 1)),
});

/** Once more as a replacement, with more of the changes that may belong to it. */
export const afterConflict = (size: BatchSize): BatchSize => ({
  ...size,
  rows: size.rows * enlargement,
  mode: 'replace',
});

/** Halves the batch until the one row is found. */
export function afterPoison(size: BatchSize, { changed, copied }: Tried): AfterPoison {
  if (changed > 0 && copied > 0) return { next: { ...size, only: 'changes' } };
  if (copied > 1) return { next: { ...size, only: 'chunk', chunkRows: Math.ceil(copied / 2) } };
  if (copied === 1) return { park: 'row' };
  return changed > 1
    ? { next: { ...size, rows: Math.max(1, Math.min(size.rows, changed) >> 1) } }
    : { park: 'change' };
}

/** Rows so large that few fit are not read by the thousand each time. */
export function fitted(
  size: BatchSize,
  { cut, kept, chunk }: Pick<BatchRead, 'cut' | 'kept' | 'chunk'>,
  batchRows: number,
): BatchSize {
  return {
    ...size,
    rows: cut ? Math.min(batchRows, Math.max(1, kept * 2)) : size.rows,
    chunkRows: chunk && chunk.kept < chunk.found ? Math.max(1, chunk.kept * 2) : size.chunkRows,
  };
}
