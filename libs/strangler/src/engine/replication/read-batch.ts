import type { ClientBase } from 'pg';
import type { Side } from '../../routes/phase.js';
import type { MovingTable } from '../../database/tables.js';
import { batchSql } from './batch-sql.js';
import type { FilledPart, BatchOrigin, OwnedBuckets } from './frame.js';
import { idsOf, multirange } from './ids.js';
import { columnsSent } from '../../database/row-sql.js';

/** Where the copying of one table's rows stands. */
export interface ChunkPlace {
  table: string;
  /** Tells one run from the next. */
  startedAt: string;
  /** The primary key of the last row copied. */
  after: string[] | null;
}

/** How much to read. */
export interface WantedRows {
  /** Outbox rows at most. */
  rows: number;
  /** Rows of the outbox and of the chunk together, at most. */
  allRows: number;
  chunkRows: number;
  /** Of all rows. The first one comes also where it alone has more. */
  bytes: number;
  /** A row that is larger is left out. */
  rowBytes: number;
  /** Outbox ids that are under way, as PostgreSQL writes an array. */
  inFlight: string;
  /** Of which table to read the next chunk. */
  position: ChunkPlace | undefined;
  /** What the other side's clock said last, before it is read. */
  heard: string | null;
}

/** The next rows of a table that is copied, as one snapshot holds them. */
export interface ChunkRead {
  position: ChunkPlace;
  /** Rows read, and how many of them are in the batch. */
  found: number;
  kept: number;
  /** The table has no more rows. */
  last: boolean;
  /** The last row of the chunk; null: it has none. */
  upTo: string[] | null;
  /** Rows that no batch can carry. */
  tooLarge: { pk: string[]; key: string; bytes: number }[];
}

/** What one snapshot holds to be sent. */
export interface BatchRead {
  wanted: WantedRows;
  /** Outbox ids that are done when the batch is stored, as PostgreSQL writes an array. */
  ids: string;
  /** Outbox rows seen, and how many rows of tables they name. */
  picked: number;
  groups: number;
  /** Rows of tables in the batch. */
  kept: number;
  /** Not all of them fit into the bytes. */
  cut: boolean;
  origin: BatchOrigin;
  /** Of the last leadership, as the database knows it. */
  term: number;
  /** Whether this side may send: its server's start is proven. */
  proven: boolean;
  /** The columns of the tables, as the snapshot has them. */
  form: string;
  /** Age of the oldest change, in ms. */
  lagMs: number;
  degraded: boolean;
  /** Answers waited already when the batch was read. */
  recovering: boolean;
  /** Some changes are set aside: the other side does not get them. */
  parked: boolean;
  /** Tables that are not copied yet. */
  backfill: ChunkPlace[];
  chunk: ChunkRead | undefined;
  parts: FilledPart[];
  tooLarge: { ids: number[]; bytes: number }[];
}

/** Some changes did not fit, or may not have. */
export const moreChanges = ({ cut, picked, wanted }: BatchRead): boolean => cut || picked >= wanted.rows;

/** With it the other side has all that was written when it was read, and nobody was answered without it from then on. */
export const leavesNothing = (batch: BatchRead): boolean =>
  !moreChanges(batch) &&
  !batch.parked &&
  batch.tooLarge.length === 0 &&
  batch.backfill.length === 0 &&
  (!batch.degraded || batch.recovering);

interface BatchRow {
  [texts: `${'rows' | 'gone'}_${number}`]: string | null;
  ids: string | null;
  picked: number;
  groups: number;
  kept: number;
  cut: boolean;
  tooLarge: BatchRead['tooLarge'] | null;
  origin: BatchOrigin;
  term: number;
  proven: boolean;
  form: string;
  lagMs: number;
  degraded: boolean;
  recovering: boolean;
  parked: boolean;
  backfill: ChunkPlace[];
  chunk: OwnedBuckets | null;
  chunkFound: number;
  chunkKept: number;
  chunkLast: boolean;
  chunkUpTo: string[] | null;
  chunkTooLarge: ChunkRead['tooLarge'] | null;
  chunkText: string | null;
  chunkAside: string | null;
}

/** Reads batches of one module. */
export class BatchReader {
  private readonly statements = new Map<string, string>();

  constructor(
    private readonly module: string,
    private readonly side: Side,
    private readonly tables: readonly MovingTable[],
  ) {}

  async read(on: ClientBase, wanted: WantedRows): Promise<BatchRead> {
    const { rows, allRows, chunkRows, bytes, rowBytes, inFlight, position } = wanted;
    const table = chunkRows > 0 ? this.tables.find(({ name }) => name === position?.table) : undefined;
    const chunk = table && { table, fromStart: position?.after == null };
    const ids = idsOf(inFlight);
    const params: unknown[] = [this.module, multirange(ids), ids.length, rows, bytes, rowBytes];
    if (chunk) params.push(allRows, chunkRows, position!.startedAt, position!.after);
    const text = this.statement(chunk);
    // Prepared, since to plan it takes longer than to run it. But a chunk's plan depends on where it begins.
    const named = chunk ? {} : { name: `batch of ${this.module}` };
    const { rows: answer } = await on.query<BatchRow>({ ...named, text, values: params });
    return this.batchOf(answer[0]!, wanted);
  }

  private statement(chunk: Parameters<typeof batchSql>[2]): string {
    const name = chunk ? `${chunk.table.name} ${chunk.fromStart}` : '';
    const known = this.statements.get(name) ?? batchSql(this.tables, this.side, chunk);
    this.statements.set(name, known);
    return known;
  }

  private batchOf(row: BatchRow, wanted: WantedRows): BatchRead {
    const { position } = wanted;
    const { picked, groups, kept, cut, origin, term, proven, form, lagMs, backfill } = row;
    const { degraded, recovering, parked } = row;
    const chunk = row.chunk && position ? chunkOf(row, position) : undefined;
    const some = { degraded, recovering, parked, backfill, chunk };
    return {
      ...{ wanted, picked, groups, kept, cut, origin, term, proven, form, lagMs, ...some },
      ids: `{${row.ids ?? ''}}`,
      tooLarge: row.tooLarge ?? [],
      parts: [...this.parts(row), ...(chunk ? this.chunkParts(row, chunk) : [])],
    };
  }

  private parts(row: BatchRow): FilledPart[] {
    return this.tables.flatMap((table, place) => {
      const gone = row[`gone_${place}`];
      const rows = row[`rows_${place}`];
      const of = table.name;
      return [
        ...(gone ? [{ kind: 'gone' as const, table: of, text: `[${gone}]` }] : []),
        ...(rows ? [{ kind: 'rows' as const, table: of, ...this.columns(table), text: `[${rows}]` }] : []),
      ];
    });
  }

  private chunkParts(row: BatchRow, { position, last, upTo }: ChunkRead): FilledPart[] {
    const table = this.tables.find(({ name }) => name === position.table)!;
    const chunk: FilledPart = {
      kind: 'chunk',
      table: table.name,
      ...this.columns(table),
      range: { after: position.after, upTo: last ? null : upTo },
      owned: row.chunk!,
      text: `[${row.chunkText ?? ''}]`,
    };
    const { chunkAside: text } = row;
    return text ? [chunk, { kind: 'aside', table: table.name, text }] : [chunk];
  }

  private columns(table: MovingTable): { columns: string[]; types?: string[] } {
    const columns = columnsSent(table, this.side).map(([name]) => name);
    return table.transform ? { columns } : { columns, types: table.columns.map(({ type }) => type) };
  }
}

/** Nothing of it fitted: then there is no chunk this time. */
function chunkOf(row: BatchRow, position: ChunkPlace): ChunkRead | undefined {
  if (row.chunkKept === 0 && !row.chunkLast) return undefined;
  return {
    position,
    found: row.chunkFound,
    kept: row.chunkKept,
    last: row.chunkLast,
    upTo: row.chunkUpTo,
    tooLarge: row.chunkTooLarge ?? [],
  };
}
