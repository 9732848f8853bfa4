import { Logger } from '@nestjs/common';
import type { Position } from '../identity/position.js';
import type { Database, Statement } from '../../database/database.js';
import { messageOf, verdictOn } from './error-class.js';
import { holds } from '../ownership/type-fit.js';
import { formOf, type Column, type MovingTable } from '../../database/tables.js';
import {
  clearSql,
  evictSql,
  ghostsSql,
  goneSql,
  noLongerAwaitsSql,
  requireCopiesSql,
  uniqueIndexesSql,
  upsertSql,
  type UniqueIndex,
} from './apply-sql.js';
import { revokeProof } from './rival.js';
import { decodeFrame, type ApplyReply, type Batch, type FilledPart, type Types } from './frame.js';

/**
 * The sessions that store. Not set batch by batch: when the role of replication changes, PostgreSQL throws all plans of the
 * session away. Who waits longer for a lock, or keeps the transaction longer, has lost its sender: the next try is on its
 * way. In ms.
 */
const session = {
  session_replication_role: 'replica',
  lock_timeout: 1_000,
  statement_timeout: 10_000,
  idle_in_transaction_session_timeout: 5_000,
};
/** A batch, and its next try that has come before the end of it. */
const sessions = 2;

/** How often what the sender owns is compared with what is owned here, in ms. */
const compareEveryMs = 250;

/** A part of a batch and its table here. */
interface Step {
  table: MovingTable;
  part: FilledPart;
}

/** Stores what the other side sends, each batch in one transaction; answers after its commit. */
export class Receiver {
  private readonly logger = new Logger(Receiver.name);
  private comparedAt = -Infinity;
  private readonly indexes = new Map<string, Promise<UniqueIndex[]>>();
  private readonly store: Database;

  constructor(
    private readonly database: Database,
    private tables: readonly MovingTable[],
    private readonly module: string,
    /** A batch has come, and this side has not proven itself yet. */
    private readonly onUnproven: () => void = () => undefined,
    /** The tables as the catalogue has them now: they change while a module moves. Left out: they do not. */
    private readonly describe?: () => Promise<readonly MovingTable[]>,
  ) {
    this.store = database.withSession({ ...session, 'strangler.applying': module }, sessions);
  }

  /** Never rejects: what goes wrong is a reply. */
  async apply(frame: Uint8Array): Promise<ApplyReply> {
    try {
      const batch = decodeFrame(frame);
      if (batch.module !== this.module) throw new Error(`a batch of ${batch.module} came to ${this.module}`);
      await this.compareClaims(batch);
      const [, refreshed] = await this.store.together(await this.statements(batch));
      return { outcome: 'stored', at: (refreshed as { at: string }[])[0]?.at };
    } catch (error) {
      const refused = refusalIn(error);
      if (refused?.outcome === 'hello first') this.onUnproven();
      return refused ?? (await this.verdictOn(error, frame));
    }
  }

  /** A row that does not fit because the tables of the two sides differ for now is nobody's fault: it is sent again until it does. */
  private async verdictOn(error: unknown, frame: Uint8Array): Promise<ApplyReply> {
    const outcome = verdictOn(error);
    const reason = messageOf(error);
    // Sent again, to be stored by all unique indexes that there are by then.
    if (outcome === 'conflict') this.indexes.clear();
    if (!this.describe || outcome === 'conflict') return { outcome, reason };
    const before = this.tables;
    await this.describeAnew().catch(() => undefined);
    if (outcome === 'retry') return { outcome, reason };
    const differ = formOf(before) !== formOf(this.tables) || this.lacksColumns(frame);
    return differ
      ? { outcome: 'retry', reason: `${reason}; the columns of the two sides differ` }
      : { outcome, reason };
  }

  private async describeAnew(): Promise<void> {
    this.tables = await this.describe!();
    this.indexes.clear();
  }

  /** A transform gives a row what it is to have. */
  private lacksColumns(frame: Uint8Array): boolean {
    return this.stepsOf(decodeFrame(frame), this.tables).some(
      ({ table, part }) =>
        bringsRows(part) &&
        table.transform === undefined &&
        table.columns.some(({ name }) => !part.columns.includes(name)),
    );
  }

  /** Now and then: heartbeats bring them also where nothing is written. */
  private async compareClaims({ origin: { claims, from } }: Batch): Promise<void> {
    const now = performance.now();
    if (now - this.comparedAt < compareEveryMs) return;
    this.comparedAt = now;
    if (!(await revokeProof(this.database, this.module, { ...claims, from }))) return;
    this.logger.warn('the other side owns what this database believes to own: it has to prove itself again');
    this.onUnproven();
  }

  private async statements(batch: Batch): Promise<Statement[]> {
    const { term, seq, origin, after, ids } = batch;
    const { from, to, start, life, confirmed, complete } = origin;
    const begin = {
      sql: 'select strangler.begin_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
      params: [this.module, from, to, start, term, seq, life, pair(after), pair(confirmed), ids, complete],
      prepared: true,
    };
    // First everything that goes: who comes may take a unique value of who goes.
    // Another batch may have them described anew meanwhile: what is stored and what is asked for at the end are of one description.
    const tables = this.tables;
    const steps = this.stepsOf(batch, tables);
    for (const step of steps) requireFit(step);
    const storing = [...this.clearing(batch, steps), ...(await this.filling(batch, steps))];
    return [
      begin,
      refresh(this.module, batch),
      ...storing,
      ...(storing.length > 0 ? this.unchanged(tables) : []),
    ];
  }

  /** Goes last: the tables are locked then, and have to be those that the statements were made for. */
  private unchanged(tables: readonly MovingTable[]): Statement[] {
    if (!this.describe) return [];
    const params = [tables.map(({ oid }) => oid), formOf(tables)];
    return [{ sql: 'select strangler.require_columns($1, $2)', params, prepared: true }];
  }

  private clearing(batch: Batch, steps: readonly Step[]): Statement[] {
    return steps.flatMap(({ table, part }) => {
      const { text } = part;
      return [
        ...(part.kind === 'gone' ? [{ sql: goneSql(table), params: [text], prepared: true }] : []),
        ...(bringsRows(part) && batch.mode === 'replace' ? [{ sql: clearSql(table), params: [text] }] : []),
        ...(part.kind === 'chunk' ? deleting(table, part, asideOf(batch, part)) : []),
      ];
    });
  }

  private async filling(batch: Batch, steps: readonly Step[]): Promise<Statement[]> {
    const filling: Statement[] = [];
    for (const { table, part } of steps) {
      if (!bringsRows(part)) continue;
      const params = [part.text];
      const indexes = batch.mode === 'replace' ? await this.uniqueIndexes(table) : [];
      filling.push(...indexes.map((index) => ({ sql: evictSql(table, index), params })), {
        sql: upsertSql(table, part.columns),
        params,
        prepared: true,
      });
    }
    return filling;
  }

  private stepsOf({ parts }: Batch, tables: readonly MovingTable[]): Step[] {
    return parts.map((part) => {
      const table = tables.find(({ name }) => name === part.table);
      if (!table) throw new Error(`${this.module} has no table ${part.table} on this side`);
      return { table, part };
    });
  }

  private uniqueIndexes({ sql }: MovingTable): Promise<UniqueIndex[]> {
    const known = this.indexes.get(sql) ?? this.database.query<UniqueIndex>(uniqueIndexesSql, [sql]);
    this.indexes.set(sql, known);
    known.catch(() => this.indexes.delete(sql));
    return known;
  }
}

/** The sender hears of a moment of our clock, and says it of what it reads then: however late that comes, it is as old as that. */
const refresh = (module: string, { wholeAt }: Batch): Statement => ({
  sql: `update strangler.applied set whole_at = coalesce($2::timestamptz, whole_at)
    where module = $1 returning clock_timestamp()::text as at`,
  params: [module, wholeAt ?? null],
  prepared: true,
});
const pair = (position: Position | null): number[] | null => position && [position.term, position.seq];

/** What `strangler.begin_batch` has refused, and why; undefined: the rows have failed, or the database. */
function refusalIn(error: unknown): ApplyReply | undefined {
  const { code, detail, message = '' } = error as { code?: string; detail?: string; message?: string };
  switch (code) {
    case 'SR412':
      return { outcome: 'stale', term: Number(detail) };
    case 'SR430':
      return { outcome: 'foreign', reason: message };
    case 'SR431':
      return { outcome: 'hello first', reason: message };
    case 'SR425':
      return detail === 'unproven' ? { outcome: 'hello first', reason: message } : undefined;
    case 'SR432':
      return { outcome: 'behind' };
    case 'SR410':
      return { outcome: 'retry', reason: message, owned: true };
    default:
      return undefined;
  }
}

/**
 * A value that a narrower column would round, cut or shift to another day stays in the outbox until the column is as wide. What the sender
 * says of its types is of the snapshot that the rows are of, and those here are held to the description at the end. @throws naming the column
 */
function requireFit({ table, part }: Step): void {
  if (!bringsRows(part) || !part.types || table.transform) return;
  part.types.forEach((type, place) => {
    const column = columnOf(table.columns, part.columns[place]!, place);
    if (column && column.type !== type && !holds(column.type, type))
      throw new Error(
        `${column.name} of ${table.sql} is ${column.type} on this side, and does not hold every ${type}: make it that`,
      );
  });
}

/** Most often it stands at the same place on both sides. */
const columnOf = (columns: readonly Column[], name: string, place: number): Column | undefined =>
  columns[place]?.name === name ? columns[place] : columns.find((column) => column.name === name);

const bringsRows = (part: FilledPart): part is FilledPart & { columns: string[]; types?: Types } =>
  part.kind === 'rows' || part.kind === 'chunk';

const asideOf = ({ parts }: Batch, { table }: FilledPart): string =>
  parts.find((part) => part.kind === 'aside' && part.table === table)?.text ?? '[]';

/** Deletes what is too many in the range of a chunk. */
function deleting(
  table: MovingTable,
  { text, range: { after, upTo }, owned }: FilledPart & { kind: 'chunk' },
  aside: string,
): Statement[] {
  const { below, side, fenceFrom, fenceTo } = owned;
  const params = [text, after, upTo, below, side, fenceFrom, fenceTo, aside];
  const range = { after: after !== null, upTo: upTo !== null };
  return [
    { sql: requireCopiesSql(table, range), params },
    { sql: ghostsSql(table, range), params },
    { sql: noLongerAwaitsSql(table, range) },
  ];
}
