import type { Position } from '../continuity/position.js';
import type { WitnessFile } from '../continuity/witness.js';
import type { Database } from '../database.js';
import type { MovingTable } from '../tables.js';
import { BackfillCursor } from './backfill-cursor.js';
import {
  afterConflict,
  afterPoison,
  afterRetry,
  afterStored,
  fullSize,
  type BatchSize,
  type Tried,
} from './batch-size.js';
import { confirm } from './confirm.js';
import { beginLife } from './backfill.js';
import { beginRecovery, endRecovery, markRefused } from './degraded.js';
import type { Deliveries } from './deliveries.js';
import { encodeFrame, type ApplyReply, type Send } from './frame.js';
import { Parking, tooLargeReason } from './parking.js';
import type { Pulse } from './pulse.js';
import type { BatchRead, BatchReader, Wanted } from './read-batch.js';
import type { RelaySession, Term } from './relay-session.js';
import { messageOf, verdictOn } from './verdict.js';

/** How long to wait after a refusal before the next try, in ms, doubling. */
const backOffMs = { from: 20, to: 500 };

/**
 * A batch that does not hold all changes leaves transactions in parts on the other side, until the next one is there. So it is
 * read anew, so many times larger; only when that is not enough, or fails, the module is degraded until all is there.
 */
const wholeFactor = 8;

/** A module is degraded until the oldest change is younger than so many ms. */
const smallLagMs = 1_000;

/** What a leadership works with. */
export interface LeadershipOptions {
  database: Database;
  module: string;
  tables: readonly MovingTable[];
  reader: BatchReader;
  send: Send;
  deliveries: Deliveries;
  pulse: Pulse;
  /** Bytes of a row, and of rows in a batch; rows in a batch; ms between two batches at most. */
  bytes: number;
  batchRows: number;
  heartbeatMs: number;
  /** Says what happens, to people. */
  log: (message: string) => void;
  /** One of the two sides has started anew: has this one say hello. Whether it may go on. */
  prove: () => Promise<boolean>;
  witness: Pick<WitnessFile, 'stored'> | undefined;
}

/** Another relay has led since: this leadership is over. `term`: the last that the other side has seen. */
export class Superseded extends Error {
  constructor(readonly term: number) {
    super(`another relay leads, or has led since, in term ${term}`);
  }
}

/** Carries the outbox to the other side, batch by batch, as long as its session lasts. */
export class Leadership {
  private readonly cursor: BackfillCursor;
  private readonly parking: Parking;
  private size: BatchSize;
  private seq = 0;
  /** The last batch with content that was answered. */
  private after: Position | null;
  private sentAt = -Infinity;
  /** What the other side's clock said, in its last answer. */
  private heard: string | null = null;
  private unconfirmed: { batch: BatchRead; seq: number } | undefined;
  /** A batch was refused, and all has not been well since. */
  private troubled = false;
  /** It is written down that the other side takes nothing. */
  private isRefused = true;
  private backOff = backOffMs.from;

  constructor(
    private readonly session: RelaySession,
    private readonly own: Term,
    private readonly options: LeadershipOptions,
  ) {
    this.after = own.confirmed;
    const { module, tables, batchRows } = options;
    this.cursor = new BackfillCursor(tables.map(({ name }) => name));
    this.parking = new Parking(module, tables);
    this.size = fullSize(batchRows);
  }

  /** @throws {Superseded}; @throws what has ended the session. */
  async run(): Promise<never> {
    let ahead: BatchRead | undefined;
    for (;;) {
      const some: BatchRead | undefined = ahead ?? (await this.readOrPark());
      ahead = undefined;
      const batch = some && (await this.whole(some));
      if (!batch) continue;
      await this.parkTooLarge(batch);
      if (batch.groups > 0 && batch.parts.length === 0) await this.parking.ofOtherTables(this.session.client);
      if (batch.parts.length > 0 || this.heartbeatIn() <= 0) {
        ahead = await this.exchange(batch);
      } else {
        // In this order in the session, and none waits for the other's answer.
        await Promise.all([this.confirmFormer(), this.session.sleep(this.heartbeatIn())]);
      }
    }
  }

  /** The batch, larger if it does not hold all changes. While it cannot, nobody goes by what the other side has. */
  private async whole(batch: BatchRead): Promise<BatchRead | undefined> {
    if (!moreChanges(batch) || batch.degraded) return batch;
    const larger = this.troubled ? batch : await this.readAgain(batch, wholeFactor);
    if (larger && moreChanges(larger)) await this.degrade('more changes than one batch carries');
    return larger;
  }

  private readAgain(batch: BatchRead, factor: number): Promise<BatchRead | undefined> {
    this.cursor.rewind(batch);
    return this.readOrPark(factor);
  }

  private async degrade(reason: string): Promise<void> {
    const { deliveries, module } = this.options;
    if (!(await deliveries.degrade(reason)))
      throw new Error(`it cannot be written down that ${module} is degraded`);
  }

  private heartbeatIn(): number {
    return this.options.heartbeatMs - (performance.now() - this.sentAt);
  }

  /** Sends a batch; meanwhile confirms the one before and reads the one behind. Returns that one. */
  private async exchange(batch: BatchRead): Promise<BatchRead | undefined> {
    const flight = this.post(batch);
    const [, ahead] = await Promise.all([
      this.confirmFormer(),
      this.moreThan(batch) ? this.readAhead(batch) : undefined,
    ]);
    const reply = await flight;
    if (reply.outcome === 'stored') {
      await this.afterStored(batch);
      return ahead;
    }
    // Its images may be older than those of the next try of this one.
    if (ahead) this.cursor.rewind(ahead);
    this.cursor.rewind(batch);
    await this.afterRefusal(reply, batch);
    return undefined;
  }

  /** Never rejects, and does not outlive the session. */
  private post(batch: BatchRead): Promise<ApplyReply> {
    const { module, send, deliveries, pulse } = this.options;
    const { origin, parts } = batch;
    const ids = idsOf(batch.ids);
    const { mode } = this.size;
    const { after, own } = this;
    const wholeAt = isWhole(batch) ? batch.wanted.heard : null;
    const seq = ++this.seq;
    this.sentAt = performance.now();
    const { gone } = this.session;
    return new Promise((resolve) => {
      const give = () => resolve({ outcome: 'retry', reason: 'the session of the relay has ended' });
      gone.addEventListener('abort', give, { once: true });
      void (async () =>
        send(
          encodeFrame({ module, term: own.term, seq, mode, origin, after, ids, wholeAt, parts }),
          origin.to ?? '',
        ))()
        .catch((error: unknown): ApplyReply => ({ outcome: 'retry', reason: messageOf(error) }))
        .then((reply) => {
          gone.removeEventListener('abort', give);
          if (reply.outcome === 'stored' && !this.isWritten(batch, seq)) return resolve(unwritten);
          if (reply.outcome === 'stored') {
            deliveries.stored(ids, origin.start);
            pulse.beat();
            this.heard = reply.at ?? null;
          }
          resolve(reply);
        });
    });
  }

  /** What is relied on is written down first. */
  private isWritten({ ids, chunk, origin: { start, confirmed, life } }: BatchRead, seq: number): boolean {
    const { witness } = this.options;
    if (!witness || (ids === '{}' && !chunk)) return true;
    return witness.stored(start, { term: this.own.term, seq, ids: idsOf(ids) }, confirmed, life);
  }

  private async afterStored(batch: BatchRead): Promise<void> {
    const { batchRows } = this.options;
    if (batch.ids !== '{}' || batch.chunk) {
      this.after = { term: this.own.term, seq: this.seq };
      this.unconfirmed = { batch, seq: this.seq };
    }
    await this.accepted();
    this.backOff = backOffMs.from;
    this.size = fitted(afterStored(this.size, batchRows), batch, batchRows);
    this.troubled &&= moreChanges(batch);
    if (batch.degraded && batch.lagMs < smallLagMs && !moreChanges(batch)) await this.recover(batch);
  }

  /** In two steps: what is written and answered meanwhile is in a later batch. */
  private async recover({ recovering }: BatchRead): Promise<void> {
    const { database, module, deliveries } = this.options;
    const { term } = this.own;
    if (recovering) return endRecovery(database, module, term);
    await beginRecovery(database, module, term);
    deliveries.recovered();
    // The next batch ends it: at once.
    this.sentAt = -Infinity;
  }

  private async afterRefusal(
    reply: Exclude<ApplyReply, { outcome: 'stored' }>,
    batch: BatchRead,
  ): Promise<void> {
    if (reply.outcome === 'stale') {
      // A term is written down before it is used: one that this database does not know was lost with the rest of it.
      if (reply.term > this.own.term) await this.options.prove();
      throw new Superseded(reply.term);
    }
    if (reply.outcome === 'behind') return this.fillAnew(batch);
    this.troubled = true;
    if (reply.outcome === 'foreign' || reply.outcome === 'hello first') return this.refused(reply);
    if (reply.outcome === 'retry') {
      this.size = afterRetry(this.size);
      return this.standBack(reply.reason);
    }
    if (reply.outcome === 'conflict' && this.size.mode === 'upsert') {
      this.size = afterConflict(this.size);
      return;
    }
    // What even a replacement cannot solve is the row's own fault.
    await this.findPoison({ changed: batch.groups, copied: batch.chunk?.kept ?? 0 }, reply.reason, batch);
  }

  /** The other side answers, and takes nothing: so no answer goes out without it. */
  private async refused({ outcome, reason }: { outcome: string; reason: string }): Promise<void> {
    this.options.pulse.hold();
    await markRefused(this.session.client, this.options.module, reason);
    this.isRefused = true;
    if (outcome === 'hello first') await this.options.prove();
    await this.standBack(reason);
  }

  private async accepted(): Promise<void> {
    if (!this.isRefused) return;
    await markRefused(this.session.client, this.options.module, null);
    this.isRefused = false;
  }

  /** The copy lacks what this side had confirmed: it is filled anew, under a term that this leadership does not have. */
  private async fillAnew({ origin }: BatchRead): Promise<void> {
    const { database, module, tables } = this.options;
    const begun = await beginLife(database, module, tables, origin.life);
    this.options.log(
      begun
        ? 'the other side lacks what it had confirmed: its copy is filled anew'
        : 'the other side is behind',
    );
    throw new Superseded(this.own.term);
  }

  private async standBack(reason: string): Promise<void> {
    this.options.pulse.trouble = reason;
    await this.session.pause(this.backOff);
    this.backOff = Math.min(backOffMs.to, this.backOff * 2);
  }

  /** Halves the batch, or sets the row aside that is left. `batch`: none when not even reading it succeeded. */
  private async findPoison(tried: Tried, reason: string, batch?: BatchRead): Promise<void> {
    const after = afterPoison(this.size, tried);
    if ('next' in after) {
      this.size = after.next;
      return;
    }
    const { client } = this.session;
    const position = batch ? batch.chunk?.position : this.cursor.next();
    if (after.park === 'row') await this.parking.nextOfChunk(client, position!, reason);
    else if (batch) await this.parking.changes(client, batch.ids, reason);
    else await this.parking.oldestChange(client, reason);
    this.options.deliveries.look();
  }

  private async parkTooLarge({ tooLarge, chunk }: BatchRead): Promise<void> {
    const { bytes: limit, deliveries } = this.options;
    for (const { ids, bytes } of tooLarge) {
      await this.parking.changes(this.session.client, `{${ids.join()}}`, tooLargeReason(bytes, limit));
    }
    if (chunk) await this.parking.ofChunk(this.session.client, chunk, limit);
    if (tooLarge.length > 0) deliveries.look();
  }

  private async confirmFormer(): Promise<void> {
    const former = this.unconfirmed;
    if (!former) return;
    const { batch, seq } = former;
    const { term } = this.own;
    if (!(await confirm(this.session.client, this.options.module, { term, seq }, batch)))
      throw new Superseded(term);
    this.unconfirmed = undefined;
  }

  private moreThan(batch: BatchRead): boolean {
    return moreChanges(batch) || this.cursor.next() !== undefined;
  }

  private async readAhead({ ids }: BatchRead): Promise<BatchRead | undefined> {
    try {
      return await this.read(ids);
    } catch (error) {
      if (verdictOn(error) !== 'poison') throw error;
      // Met again when it is its turn.
      return undefined;
    }
  }

  private async readOrPark(factor = 1): Promise<BatchRead | undefined> {
    try {
      return await this.read(this.unconfirmed?.batch.ids ?? '{}', factor);
    } catch (error) {
      if (verdictOn(error) !== 'poison') throw error;
      this.troubled = true;
      await this.confirmFormer();
      const { rows, chunkRows, position } = this.wanted('{}');
      await this.findPoison({ changed: rows, copied: position ? chunkRows : 0 }, messageOf(error));
      return undefined;
    }
  }

  private async read(inFlight: string, factor = 1): Promise<BatchRead> {
    const batch = await this.options.reader.read(this.session.client, this.wanted(inFlight, factor));
    // A life or a start that this leadership does not know: its positions say nothing there.
    if (batch.origin.life !== this.own.life || !batch.proven) throw new Superseded(this.own.term);
    this.cursor.follow(batch);
    return batch;
  }

  private wanted(inFlight: string, factor = 1): Wanted {
    const { batchRows, bytes } = this.options;
    const position = this.cursor.next();
    if (!position && this.size.only === 'chunk') this.size = { ...this.size, only: null };
    const { rows: usual, chunkRows, only } = this.size;
    const rows = factor > 1 ? batchRows * factor : usual;
    return {
      rows: only === 'chunk' ? 0 : rows,
      chunkRows: only === 'changes' ? 0 : chunkRows,
      allRows: Math.max(rows, batchRows),
      bytes: bytes * factor,
      ...{ rowBytes: bytes, inFlight, position, heard: this.heard },
    };
  }
}

/** Nobody may go by it: not the waiters, nor who finds the rows gone. */
const unwritten: ApplyReply = {
  outcome: 'retry',
  reason: 'it cannot be written down what the other side has',
};

const moreChanges = ({ cut, picked, wanted }: BatchRead): boolean => cut || picked >= wanted.rows;

/** With it the other side has all that was written when it was read, and nobody was answered without it from then on. */
const isWhole = (batch: BatchRead): boolean =>
  !moreChanges(batch) &&
  !batch.parked &&
  batch.tooLarge.length === 0 &&
  batch.backfill.length === 0 &&
  (!batch.degraded || batch.recovering);

/** Rows so large that few fit are not read by the thousand each time. */
function fitted(size: BatchSize, { cut, kept, chunk }: BatchRead, batchRows: number): BatchSize {
  return {
    ...size,
    rows: cut ? Math.min(batchRows, Math.max(1, kept * 2)) : size.rows,
    chunkRows: chunk && chunk.kept < chunk.found ? Math.max(1, chunk.kept * 2) : size.chunkRows,
  };
}

const idsOf = (ids: string): number[] => (ids === '{}' ? [] : ids.slice(1, -1).split(',').map(Number));
