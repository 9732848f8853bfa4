import { Logger } from '@nestjs/common';
import type { Database, Queryable } from '../database.js';
import { messageOf, verdictOn } from './verdict.js';
import type { MovingTable } from '../tables.js';
import {
  clearSql,
  evictSql,
  ghostsSql,
  goneSql,
  uniqueIndexesSql,
  upsertSql,
  type UniqueIndex,
} from './apply-sql.js';
import { decodeFrame, type ApplyReply, type Batch, type FilledPart } from './frame.js';
import { giveWay } from './rival.js';

/** Who waits longer for a lock, or keeps the transaction longer, has lost its sender: the next try is on its way. In ms. */
const limits = {
  lock_timeout: 1_000,
  statement_timeout: 10_000,
  idle_in_transaction_session_timeout: 5_000,
};

/** How often what the sender owns is compared with what is owned here, in ms. */
const compareEveryMs = 250;

/** A part of a batch and its table here. */
interface Step {
  table: MovingTable;
  part: FilledPart;
}

class StaleBatch extends Error {
  constructor(readonly term: number) {
    super('stale');
  }
}

/** Stores what the other side sends, each batch in one transaction; answers after its commit. */
export class Receiver {
  private readonly logger = new Logger(Receiver.name);
  private comparedAt = -Infinity;
  private readonly indexes = new Map<string, Promise<UniqueIndex[]>>();

  constructor(
    private readonly database: Database,
    private readonly tables: readonly MovingTable[],
    private readonly module: string,
  ) {}

  /** Never rejects: what goes wrong is a reply. */
  async apply(frame: Uint8Array): Promise<ApplyReply> {
    try {
      const batch = decodeFrame(frame);
      if (batch.module !== this.module) throw new Error(`a batch of ${batch.module} came to ${this.module}`);
      await this.compareClaims(batch);
      const local = { 'strangler.applying': this.module, session_replication_role: 'replica', ...limits };
      await this.database.transaction((q) => this.store(q, batch), { local });
      return { outcome: 'stored' };
    } catch (error) {
      if (error instanceof StaleBatch) return { outcome: 'stale', term: error.term };
      return { outcome: verdictOn(error), reason: messageOf(error) };
    }
  }

  /** Now and then: heartbeats bring them also where nothing is written. */
  private async compareClaims({ claims }: Batch): Promise<void> {
    const now = performance.now();
    if (!claims || now - this.comparedAt < compareEveryMs) return;
    this.comparedAt = now;
    if (!(await giveWay(this.database, this.module, claims))) return;
    this.logger.error(
      'the other side owns what this database believes to own: it was put back from a backup, and is fenced. Run: npm run strangler -- doctor',
    );
  }

  private async store(q: Queryable, batch: Batch): Promise<void> {
    await this.advance(q, batch);
    if (batch.parts.length === 0) return;
    await this.clear(q, batch);
    await this.fill(q, batch);
  }

  /**
   * From here on every earlier batch is refused: a paused sender would bring back old rows. In the same round trip, but
   * behind it: are its buckets not owned here? The triggers of capture ask so, too, where there are any.
   */
  private async advance(q: Queryable, { term, seq, buckets }: Batch): Promise<void> {
    const next = () =>
      q.query(
        `with next as (
           update strangler.applied set term = $2, seq = $3, at = clock_timestamp()
           where module = $1 and (term, seq) < ($2, $3) returning module)
         select strangler.captured(module, $4::integer[], null) from next`,
        [this.module, term, seq, buckets ?? []],
        { prepared: true },
      );
    if ((await next()).length > 0) return;
    await q.query('insert into strangler.applied (module) values ($1) on conflict do nothing', [this.module]);
    if ((await next()).length > 0) return;
    const [last] = await q.query<{ term: number }>(
      'select term::float8 as term from strangler.applied where module = $1',
      [this.module],
    );
    throw new StaleBatch(last?.term ?? term);
  }

  /** First everything that goes: who comes may take a unique value of who goes. */
  private async clear(q: Queryable, batch: Batch): Promise<void> {
    for (const { table, part } of this.steps(batch)) {
      if (part.kind === 'gone') await q.query(goneSql(table), [part.text]);
      else if (batch.mode === 'replace') await q.query(clearSql(table), [part.text]);
      if (part.kind === 'chunk') await this.clearGhosts(q, table, part);
    }
  }

  private async clearGhosts(
    q: Queryable,
    table: MovingTable,
    { text, range: { after, upTo }, owned }: FilledPart & { kind: 'chunk' },
  ): Promise<void> {
    const { below, side, fenceFrom, fenceTo } = owned;
    await q.query(ghostsSql(table, { after: after !== null, upTo: upTo !== null }), [
      ...[text, after, upTo],
      ...[below, side, fenceFrom, fenceTo],
    ]);
  }

  private async fill(q: Queryable, batch: Batch): Promise<void> {
    for (const { table, part } of this.steps(batch)) {
      if (part.kind === 'gone') continue;
      if (batch.mode === 'replace') {
        for (const index of await this.uniqueIndexes(table))
          await q.query(evictSql(table, index), [part.text]);
      }
      await q.query(upsertSql(table, part.columns), [part.text], { prepared: true });
    }
  }

  private steps({ parts }: Batch): Step[] {
    return parts.map((part) => {
      const table = this.tables.find(({ name }) => name === part.table);
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
