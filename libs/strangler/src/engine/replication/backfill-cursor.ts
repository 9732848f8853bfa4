import type { BatchRead, ChunkPlace } from './read-batch.js';

interface Place extends ChunkPlace {
  /** All rows of the table are read. */
  last: boolean;
}

/** Where the next chunk begins. It runs ahead of `strangler.backfill`, which knows only what the other side has stored. */
export class BackfillCursor {
  private readonly places = new Map<string, Place>();

  /** `tables`: their names, in the order in which they are copied. */
  constructor(private readonly tables: readonly string[]) {}

  next(): ChunkPlace | undefined {
    return this.tables.map((name) => this.places.get(name)).find((place) => place && !place.last);
  }

  /** Takes note of what a batch has read, and of a backfill that was begun anew or dropped meanwhile. */
  follow({ backfill, chunk }: Pick<BatchRead, 'backfill' | 'chunk'>): void {
    for (const name of this.places.keys()) {
      if (!backfill.some(({ table }) => table === name)) this.places.delete(name);
    }
    for (const position of backfill) {
      if (this.places.get(position.table)?.startedAt === position.startedAt) continue;
      this.places.set(position.table, { ...position, last: false });
    }
    if (chunk) this.set(chunk.position, chunk.upTo ?? chunk.position.after, chunk.last);
  }

  /** The batch was not stored: its chunk is read again. */
  rewind({ chunk }: Pick<BatchRead, 'chunk'>): void {
    if (chunk) this.set(chunk.position, chunk.position.after, false);
  }

  private set({ table, startedAt }: ChunkPlace, after: string[] | null, last: boolean): void {
    if (this.places.get(table)?.startedAt !== startedAt) return;
    this.places.set(table, { table, startedAt, after, last });
  }
}
