import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '../../routes/phase.js';
import type { ChunkRange } from './chunk.js';
import type { MovingTable } from '../../database/tables.js';
import { readBorder, type Border } from './border.js';
import type { Difference } from './difference.js';
import type { Controls } from './readings.js';
import { Scan } from './scan.js';
import { settleDifferences, type Leaf } from './settle.js';

/** What is known so far: JSON, so that a run that was cut off goes on from here. */
export interface VerifyState {
  /** The next chunk begins behind this row of this table; null: all tables have been gone through. */
  position: { table: string; after: string[] | null } | null;
  /** Rows compared. */
  rows: number;
  counts: Record<Difference['kind'], number>;
  /** The first hundred. */
  differences: Difference[];
  /** Ranges with rows that were in flight or in motion, to be looked at again at the end. */
  open: Leaf[];
}

export interface VerifyResult {
  rows: number;
  /** Rows that are not the same on both sides. */
  found: number;
  counts: VerifyState['counts'];
  /** The first hundred. */
  differences: Difference[];
  /** Rows that could not be judged: in flight, parked, written or in motion at every look. Never counted as equal. */
  unsettled: number;
  /** The first hundred. */
  unsettledRows: { table: string; pk: string[] }[];
}

export interface VerifyProgress {
  table: string;
  /** Rows of all tables. */
  done: number;
  total: number;
  state: VerifyState;
}

export interface VerifyOptions {
  controls: Controls;
  tables: readonly Pick<MovingTable, 'name' | 'transform'>[];
  /** Rows to expect, for progress only ({@link Chunks.total}). */
  total?: number | undefined;
  /** Rows in a chunk. */
  chunkRows?: number | undefined;
  /** How long rows that are in flight or in motion are looked at again after the last table, in ms. */
  patienceMs?: number | undefined;
  resume?: VerifyState | undefined;
  /** After each chunk. */
  onChunk?: ((progress: VerifyProgress) => void | Promise<void>) | undefined;
  /** As differences are found, all of one table and few at a time. */
  onDifferences?: ((found: Difference[]) => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
}

const defaultChunkRows = 10_000;
const defaultPatienceMs = 10_000;
const listed = 100;
/** How often rows are read at first, and at each of the later looks. */
const tries = 5;
const pauseMs = 100;

/**
 * Compares all rows of a module on both sides while both are written. A difference counts only when it is proved
 * ({@link settleDifferences}). It works in every phase: each row is compared with that of its owner. Rows that were never copied (a backfill under
 * way) are missing, so it makes sense only after one.
 * @throws what a side throws, and the signal's reason.
 */
export const verifyModule = (options: VerifyOptions): Promise<VerifyResult> =>
  new Verification(options).run();

class Verification {
  private readonly state: VerifyState;
  private readonly transformed: ReadonlySet<string>;

  constructor(private readonly options: VerifyOptions) {
    const { resume, tables } = options;
    const [first] = tables;
    this.state = structuredClone(resume) ?? {
      position: first ? { table: first.name, after: null } : null,
      rows: 0,
      counts: { missing: 0, orphan: 0, differs: 0 },
      differences: [],
      open: [],
    };
    this.transformed = new Set(tables.filter(({ transform }) => transform).map(({ name }) => name));
  }

  async run(): Promise<VerifyResult> {
    while (this.state.position) await this.scanTable(this.state.position);
    await this.settleOpen();
    return this.result();
  }

  private async scanTable({ table, after }: { table: string; after: string[] | null }): Promise<void> {
    const { controls, chunkRows = defaultChunkRows, signal } = this.options;
    const border = await readBorder(controls);
    const options = { source: sourceOf(border), forms: this.forms(table, border), signal };
    const scan = new Scan(controls, options, (range) => this.look(range));
    let from = after;
    let upTo = await scan.end(table, from, chunkRows);
    while (upTo) {
      const end = upTo;
      const [rows, next] = await Promise.all([
        scan.compare({ table, after: from, upTo: end }),
        scan.end(table, end, chunkRows),
      ]);
      [from, upTo] = [end, next];
      this.state.rows += rows;
      this.state.position = { table, after: from };
      await this.report(table);
    }
    const { tables } = this.options;
    const next = tables[tables.findIndex(({ name }) => name === table) + 1];
    this.state.position = next ? { table: next.name, after: null } : null;
  }

  /** Rows without a transform are the same in both forms. */
  private forms(table: string, { owners }: Pick<Border, 'owners'>): readonly Side[] {
    return this.transformed.has(table) ? owners : ['monolith'];
  }

  /** Judges the rows of a small range; those that cannot be judged now are put aside. */
  private async look(leaf: Leaf): Promise<void> {
    const { controls, signal, onDifferences } = this.options;
    const forms = this.forms(leaf.table, { owners: ['monolith', 'extracted'] });
    const { differences, open } = await settleDifferences(controls, leaf, { forms, tries, signal });
    if (open.length > 0) this.state.open.push({ ...bounds(leaf), pks: open });
    if (differences.length === 0) return;
    for (const { kind } of differences) this.state.counts[kind]++;
    this.state.differences.push(...differences.slice(0, listed - this.state.differences.length));
    await onDifferences?.(differences);
  }

  private async settleOpen(): Promise<void> {
    const { signal, patienceMs = defaultPatienceMs } = this.options;
    const giveUpAt = performance.now() + patienceMs;
    while (this.state.open.length > 0 && performance.now() < giveUpAt) {
      await sleep(pauseMs, undefined, signal && { signal });
      for (const leaf of this.state.open.splice(0)) await this.look(leaf);
    }
  }

  private async report(table: string): Promise<void> {
    const { rows: done } = this.state;
    const total = Math.max(done, this.options.total ?? 0);
    await this.options.onChunk?.({ table, done, total, state: structuredClone(this.state) });
  }

  private result(): VerifyResult {
    const { rows, counts, differences, open } = this.state;
    const unsettled = open.flatMap(({ table, pks = [] }) => pks.map((pk) => ({ table, pk })));
    return {
      rows,
      found: counts.missing + counts.orphan + counts.differs,
      counts,
      differences,
      unsettled: unsettled.length,
      unsettledRows: unsettled.slice(0, listed),
    };
  }
}

const bounds = ({ table, after, upTo }: ChunkRange): ChunkRange => ({ table, after, upTo });

const sourceOf = ({ owners }: Border): Side => (owners.includes('monolith') ? 'monolith' : 'extracted');
