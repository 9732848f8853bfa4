import { comparePositions, nowhere, type Position } from '../identity/position.js';
import type { Database } from '../../database/database.js';
import type { MovingTable } from '../../database/tables.js';
import { beginLife } from './backfill.js';
import { BatchSender, type BatchSenderOptions } from './batch-sender.js';
import type { Tried } from './batch-size.js';
import { BatchSource, type BatchSourceOptions } from './batch-source.js';
import { confirm } from './confirm.js';
import { beginRecovery, endRecovery, markRefused } from './degraded.js';
import type { ApplyReply } from './frame.js';
import { Parking, tooLargeReason } from './parking.js';
import { moreChanges, type BatchRead } from './read-batch.js';
import type { RelaySession, Term } from './relay-session.js';
import { giveUpNotOwned } from './not-owned.js';
import { messageOf, verdictOn } from './error-class.js';

/** How long to wait after a refusal before the next try, in ms, doubling. */
const backOffMs = { from: 20, to: 500 };

/**
 * A batch that does not hold all changes leaves transactions in parts on the other side, until the next one is there. So it is
 * read anew, so many times larger; only when that is not enough, or fails, the module is degraded until all is there.
 */
const wholeFactor = 8;

/** A module is degraded until the oldest change is younger than so many ms. */
const smallLagMs = 1_000;

/** Between two batches, when the other side is slow. */
const longestRestMs = 50;

/** What a leadership works with. */
export interface LeadershipOptions extends BatchSourceOptions, BatchSenderOptions {
  database: Database;
  tables: readonly MovingTable[];
  /** The columns that `tables` have; undefined: they do not change. */
  form?: string | undefined;
  /** Says what happens, to people. */
  log: (message: string) => void;
  /** One of the two sides has started anew: has this one say hello. Whether it may go on. */
  prove: () => Promise<boolean>;
  /** Has it ask the other side anew what that one has; whether nothing is missing here. */
  compare: () => Promise<boolean>;
  /** This database lacks what it had confirmed: has it take no write before it has proven itself. */
  doubt: () => Promise<boolean>;
}

/** What makes a batch an empty one; it does not hold all changes. */
const nothing = { ids: '{}', parts: [], chunk: undefined, cut: true };

/** Another relay has led since: this leadership is over. `term`: the last that the other side has seen. */
export class Superseded extends Error {
  constructor(readonly term: number) {
    super(`another relay leads, or has led since, in term ${term}`);
  }
}

/** The tables have other columns than this leadership knows: the next one describes them anew. Nothing of the batch was sent. */
export class TablesChanged extends Error {
  constructor() {
    super('the tables have changed');
  }
}

/** Carries the outbox to the other side, batch by batch, as long as its session lasts. */
export class Leadership {
  private readonly source: BatchSource;
  private readonly sender: BatchSender;
  private readonly parking: Parking;
  private unconfirmed: { batch: BatchRead; seq: number } | undefined;
  /** A batch was refused, and all has not been well since. */
  private troubled = false;
  /** It is written down that the other side takes nothing. */
  private isRefused = true;
  private backOff = backOffMs.from;
  /** The last that this database knows to be stored there. */
  private confirmed: Position | null;

  constructor(
    private readonly session: RelaySession,
    private readonly own: Term,
    private readonly options: LeadershipOptions,
  ) {
    this.source = new BatchSource(options);
    this.sender = new BatchSender(session, own, options);
    this.parking = new Parking(options.module, options.tables);
    this.confirmed = own.confirmed;
  }

  /** @throws {Superseded}; @throws what has ended the session. */
  async run(): Promise<never> {
    await this.begin();
    let ahead: BatchRead | undefined;
    for (;;) {
      const some: BatchRead | undefined = ahead ?? (await this.readOrPark());
      ahead = undefined;
      const batch = some && (await this.whole(some));
      if (!batch) continue;
      await this.parkTooLarge(batch);
      if (batch.groups > 0 && batch.parts.length === 0) await this.parking.ofOtherTables(this.session.client);
      if (batch.parts.length > 0 || this.sender.dueIn <= 0) ahead = await this.exchange(batch);
      // To look whether there is anything costs a fraction of reading it. In this order in the session, and none waits for the other's answer.
      if (!ahead && !this.source.moreThan(batch) && this.sender.dueIn > 0)
        await Promise.all([this.confirmFormer(), this.session.sleep(this.sender.dueIn)]);
    }
  }

  /**
   * An empty batch ends the leadership of before at the other side. Then that is asked what it has, before anything is confirmed: what is
   * confirmed, it forgets. A leader of before may have had answers, and this database may have been put back since; what it lacks, the
   * other side still knows. Empty, for who cannot be answered begins again and again.
   */
  private async begin(): Promise<void> {
    await this.parking.fetchBack(this.session.client);
    for (;;) {
      const batch = await this.readOrPark();
      if (!batch) continue;
      this.source.rewind(batch);
      const reply = await this.sender.post({ ...batch, ...nothing }, this.source.mode);
      if (reply.outcome !== 'stored') {
        await this.afterRefusal(reply, batch);
        continue;
      }
      if (!(await this.options.compare())) throw new Error('the other side has not said what it has');
      return this.accepted();
    }
  }

  /**
   * The batch, read anew and larger if it does not hold all changes. Where no batch holds them all, the module is marked degraded before
   * the first part goes out: the other side then has transactions in parts, and a failover says so.
   */
  private async whole(batch: BatchRead): Promise<BatchRead | undefined> {
    if (!moreChanges(batch) || batch.degraded) return batch;
    const larger = this.troubled ? batch : await this.readAgain(batch, wholeFactor);
    if (larger && moreChanges(larger)) await this.degrade('more changes than one batch carries');
    return larger;
  }

  private readAgain(batch: BatchRead, factor: number): Promise<BatchRead | undefined> {
    this.source.rewind(batch);
    return this.readOrPark(factor);
  }

  private async degrade(reason: string): Promise<void> {
    const { deliveries, module } = this.options;
    if (!(await deliveries.degrade(reason)))
      throw new Error(`it cannot be written down that ${module} is degraded`);
  }

  /** Sends a batch; meanwhile confirms the one before and reads the one behind. Returns that one. */
  private async exchange(batch: BatchRead): Promise<BatchRead | undefined> {
    const begun = performance.now();
    const flight = this.sender.post(batch, this.source.mode);
    const [, ahead] = await Promise.all([
      this.confirmFormer(),
      this.source.moreThan(batch) ? this.readAhead(batch) : undefined,
    ]);
    const reply = await flight;
    if (reply.outcome === 'stored') {
      await this.afterStored(batch);
      if (!ahead && !moreChanges(batch)) await this.rest(performance.now() - begun);
      return ahead;
    }
    // Its images may be older than those of the next try of this one.
    if (ahead) this.source.rewind(ahead);
    this.source.rewind(batch);
    await this.afterRefusal(reply, batch);
    return undefined;
  }

  /**
   * As long as the batch took. A batch costs much and its rows little; so while many write, the next one holds what several of them
   * have written meanwhile. Whoever writes alone notices nothing: the rest is over when his next write is there.
   */
  private async rest(batchMs: number): Promise<void> {
    await this.session.rest(Math.min(batchMs, longestRestMs, this.sender.dueIn));
  }

  private async afterStored(batch: BatchRead): Promise<void> {
    if (batch.ids !== '{}' || batch.chunk) this.unconfirmed = { batch, seq: this.sender.follow() };
    await this.accepted();
    this.backOff = backOffMs.from;
    this.source.stored(batch);
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
    this.sender.hurry();
  }

  private async afterRefusal(
    reply: Exclude<ApplyReply, { outcome: 'stored' }>,
    batch: BatchRead,
  ): Promise<void> {
    if (reply.outcome === 'stale') {
      // A term is written down before it is used: one that this database does not know was lost with the rest of it.
      if (reply.term > (await this.session.term()))
        return this.doubt(`it does not know of term ${reply.term}`);
      throw new Superseded(reply.term);
    }
    if (reply.outcome === 'behind') return this.fillAnew(batch);
    this.troubled = true;
    if (reply.outcome === 'foreign' || reply.outcome === 'hello first') return this.refused(reply);
    if (reply.outcome === 'retry') {
      if (reply.owned) await this.reportStrays(batch);
      this.source.retry();
      return this.standBack(reply.reason);
    }
    if (reply.outcome === 'conflict' && this.source.mode === 'upsert') return this.source.conflict();
    // What even a replacement cannot solve is the row's own fault.
    await this.findPoison({ changed: batch.groups, copied: batch.chunk?.kept ?? 0 }, reply.reason, batch);
  }

  /** The other side answers, and takes nothing: so no answer goes out without it. */
  private async refused({ reason }: { reason: string }): Promise<void> {
    this.options.pulse.hold();
    await markRefused(this.session.client, this.options.module, reason);
    this.isRefused = true;
    // Also where it says that it is another one's: one that was put back from before the pairing learns only by a question who its peer is.
    await this.options.prove();
    await this.standBack(reason);
  }

  /** It owns buckets of the batch. Either this side has to give way; or it knows, and has kept what can never be stored there. */
  private async reportStrays({ ids }: BatchRead): Promise<void> {
    if (!(await this.options.prove())) return;
    const count = await giveUpNotOwned(this.session.client, this.options.module, ids);
    if (count > 0)
      this.options.log(`${count} changes of buckets that the other side owns are in strangler.given_up`);
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
    const left = this.source.poison(tried);
    if (!left) return;
    const { client } = this.session;
    const position = batch ? batch.chunk?.position : this.source.position;
    if (left === 'row') await this.parking.nextOfChunk(client, position!, reason);
    else if (batch) await this.parking.changes(client, batch.ids, reason);
    else await this.parking.oldestChange(client, reason);
    this.options.deliveries.look();
  }

  private async parkTooLarge({ tooLarge, chunk }: BatchRead): Promise<void> {
    const { rowBytes: limit, deliveries } = this.options;
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
    const { client } = this.session;
    const outcome = await confirm(client, this.options.module, { term, seq }, batch);
    if (outcome === 'lost') return this.doubt('a change that was sent is not in its outbox');
    if (outcome === 'another term') return this.supersededHere(await this.session.term());
    if (outcome === 'confirmed') this.confirmed = { term, seq };
    this.unconfirmed = undefined;
  }

  /** Who leads holds the lock, so nobody else has taken a term; a lower one is of before. */
  private supersededHere(known: number): Promise<never> {
    const { term } = this.own;
    if (known < term) return this.doubt(`its last term is ${known}, and this one is ${term}`);
    return Promise.reject(new Superseded(term));
  }

  /**
   * The database was put back while its server ran on: it lacks what it has had confirmed. Nobody takes a write there, and no id of
   * before counts, until the other side has said what is missing.
   */
  private async doubt(why: string): Promise<never> {
    this.options.log(`the database was put back: ${why}`);
    this.options.deliveries.forget();
    await this.options.doubt();
    throw new Superseded(this.own.term);
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
      await this.findPoison(this.source.tried(), messageOf(error));
      return undefined;
    }
  }

  private async read(inFlight: string, factor = 1): Promise<BatchRead> {
    const { heard } = this.sender;
    const batch = await this.source.read(this.session.client, { inFlight, heard }, factor);
    // A life or a start that this leadership does not know: its positions say nothing there.
    if (batch.origin.life !== this.own.life || !batch.proven) throw new Superseded(this.own.term);
    if (batch.term < this.own.term) return this.supersededHere(batch.term);
    if (this.options.form !== undefined && batch.form !== this.options.form) throw new TablesChanged();
    if (this.confirmed && comparePositions(batch.origin.confirmed ?? nowhere, this.confirmed) < 0)
      return this.doubt('what it has had confirmed is not there');
    return batch;
  }
}
