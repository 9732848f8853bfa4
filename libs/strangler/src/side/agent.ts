import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database.js';
import { CallSums, type CallQuestion, type CallReport } from '../evidence/call-sums.js';
import { described } from '../failure.js';
import { startCapture, stopCapture } from '../ownership/capture.js';
import { checkModule } from '../ownership/check.js';
import { Ownership } from '../ownership/ownership.js';
import { otherSide, type Side } from '../phase.js';
import { startBackfill } from '../replication/backfill.js';
import { Deliveries } from '../replication/deliveries.js';
import { Outgoing } from '../replication/outgoing.js';
import { Receiver } from '../replication/apply.js';
import { Relay } from '../replication/relay.js';
import { sendTo, serveReplication } from '../replication/transport.js';
import type { NatsLink } from '../rpc/link.js';
import { describeTables, type MovingModule, type MovingTable } from '../tables.js';
import { Chunks } from '../verify/chunks.js';
import { serveSide } from './remote.js';
import { retireTables } from './retire.js';
import { sampleKeys } from './sample-keys.js';
import type { ChunkRange, LocalSide, ParkedRow, SideControl, SideState } from './side.js';

/** How soon a process notices that capture was begun or ended through another one, in ms. */
const lookEveryMs = 500;
/** How often an outbox is asked whether it is drained, and for how long at a time, in ms. */
const drainPollMs = 1;
const drainWatchMs = 500;
/** What NATS carries, unless the server says otherwise, in bytes. */
const defaultMaxPayload = 1_048_576;

export interface AgentOptions {
  database: Database;
  module: MovingModule;
  side: Side;
  /** How the other side is reached; without it nothing is sent or received. */
  link: NatsLink | undefined;
}

/**
 * What one process does for one side of a module: it carries out what the controller asks, receives the other side's
 * rows, and, while capture is on, takes its turn at sending its own.
 */
export class SideAgent implements LocalSide {
  readonly deliveries: Deliveries;
  /** The module's tables, once started. */
  tables: readonly MovingTable[] = [];
  private readonly logger: Logger;
  private readonly database: Database;
  private readonly name: string;
  private readonly ownership: Ownership;
  private readonly calls: CallSums;
  private relay: Relay | undefined;
  /** The database came here with a backup or a clone, as far as is known. */
  private copy = false;
  private timer: NodeJS.Timeout | undefined;
  private stopReceiving: (() => void) | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: AgentOptions) {
    this.database = options.database;
    this.name = options.module.module;
    this.ownership = new Ownership(options.database);
    this.calls = new CallSums(options.database);
    this.deliveries = new Deliveries(options.database, this.name);
    this.logger = new Logger(`${this.name}.${options.side}`);
  }

  /** Makes the ownership row, serves the controller and the other side, and begins to look after capture. */
  async start(): Promise<void> {
    const { module, side, link } = this.options;
    await this.ownership.ensure(this.name, side);
    this.copy = await this.ownership.isCopy(this.name);
    if (this.copy) {
      this.logger.error(
        'this database is a copy or was restored from a backup: it starts fenced. What to do is said by: strangler doctor',
      );
    }
    this.tables = await describeTables(this.database, module);
    if (!link) return;
    // The controller stands in the monolith: whoever asks its side over NATS is somebody else.
    if (side === 'extracted') serveSide(link, this.name, side, this);
    await this.look();
    this.timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    this.stopReceiving?.();
    await this.relay?.stop();
    await this.deliveries.close();
  }

  async state(): Promise<SideState> {
    const outgoing = new Outgoing(this.database, this.name);
    const [ownership, sent, incoming] = await Promise.all([
      this.ownership.read(this.name),
      outgoing.outgoing(),
      outgoing.incoming(),
    ]);
    return { ownership, outgoing: sent, incoming };
  }

  check(): Promise<string[]> {
    return checkModule(this.database, this.options.module, this.tables);
  }

  async startCapture({ backfill }: { backfill: boolean }): Promise<void> {
    await startCapture(this.database, this.tables);
    await this.ownership.setCapture(this.name);
    await this.ownership.writersGone(this.name);
    if (backfill) await startBackfill(this.database, this.name, this.tables);
    await this.look();
  }

  async stopCapture({ epoch }: { epoch: number }): Promise<void> {
    if (!(await this.ownership.clearCapture(this.name, epoch))) {
      throw new Error(`capture goes on: owners have changed since epoch ${epoch}`);
    }
    await this.look();
    await stopCapture(this.database, this.tables);
    await this.database.query('delete from strangler.outbox where module = $1', [this.name]);
    await this.database.query('delete from strangler.backfill where module = $1', [this.name]);
    await this.database.query(
      'update strangler.relay set degraded_since = null, reason = null, recovering = false where module = $1',
      [this.name],
    );
  }

  async fence({ epoch, ...of }: Parameters<SideControl['fence']>[0]): Promise<number | null> {
    const { from, to } = of;
    if (!(await this.ownership.fence(this.name, epoch, of))) {
      const row = await this.ownership.read(this.name);
      if (row.epoch !== epoch + 1 || row.fenceFrom !== from || row.fenceTo !== to) return null;
      // Ours, its answer was lost.
      await this.ownership.writersGone(this.name);
    }
    const [row] = await this.database.query<{ highest: number }>(
      'select coalesce(max(id), 0) as highest from strangler.outbox where module = $1',
      [this.name],
    );
    this.relay?.wake();
    return row?.highest ?? 0;
  }

  async drained({ from, to, upTo }: { from: number; to: number; upTo: number }): Promise<boolean> {
    const until = performance.now() + drainWatchMs;
    for (;;) {
      const left = await this.database.query(
        `select from strangler.outbox where module = $1 and id <= $2 and bucket >= $3 and bucket < $4 limit 1`,
        [this.name, upTo, from, to],
      );
      if (left.length === 0) return true;
      if (performance.now() > until) return false;
      await sleep(drainPollMs);
    }
  }

  mayShift({ version, may }: { version: number; may: boolean }): Promise<boolean> {
    return this.ownership.setMayShift(this.name, version, may);
  }

  adopt({ epoch }: { epoch: number }): Promise<boolean> {
    return this.ownership.adopt(this.name, epoch);
  }

  async own({ epoch, extractedBelow }: { epoch: number; extractedBelow: number }): Promise<boolean> {
    if (await this.ownership.own(this.name, epoch, extractedBelow)) return true;
    const row = await this.ownership.read(this.name);
    return row.epoch === epoch + 1 && row.extractedBelow === extractedBelow && row.fenceTo === null;
  }

  release({ epoch, extractedBelow }: { epoch: number; extractedBelow: number }): Promise<boolean> {
    return this.ownership.release(this.name, epoch, extractedBelow);
  }

  async raise({ epoch, to }: { epoch: number; to: number }): Promise<boolean> {
    if (await this.ownership.raise(this.name, epoch, to)) return true;
    const row = await this.ownership.read(this.name);
    return row.epoch === to && row.fenceTo === null;
  }

  parked(): Promise<ParkedRow[]> {
    return new Outgoing(this.database, this.name).parked();
  }

  async unpark(what: { ids: number[]; how: 'retry' | 'discard' }): Promise<number> {
    const count = await new Outgoing(this.database, this.name).unpark(what);
    this.relay?.wake();
    return count;
  }

  chunkEnd = (of: { table: string; after: string[] | null; rows: number }) => this.chunks.chunkEnd(of);
  chunkHash = (of: ChunkRange & { as: Side }) => this.chunks.chunkHash(of);
  chunkRows = (of: ChunkRange & { as: Side }) => this.chunks.chunkRows(of);
  inFlight = (of: { table: string; pks: string[][] }) => this.chunks.inFlight(of);
  resend = (of: { table: string; rows: { pk: string[]; key: string }[] }) => this.chunks.resend(of);

  sampleKeys(of: { from: number; to: number; limit: number }): Promise<string[]> {
    return sampleKeys(this.database, this.options.module, this.tables, of);
  }

  callsTo(question: CallQuestion): Promise<CallReport> {
    return this.calls.report(question);
  }

  retire(how: { purge: boolean; epoch: number }): Promise<void> {
    return retireTables(this.database, this.name, how);
  }

  /** Rows of all tables here: what a verification has before it. */
  rows(): Promise<number> {
    return this.chunks.total();
  }

  private get chunks(): Chunks {
    return new Chunks(this.database, this.tables, this.name, this.options.side);
  }

  /** Starts or ends the relay of this process as capture demands; one after the other. */
  private look(): Promise<void> {
    this.looking = this.looking
      .then(() => this.followCapture())
      .catch((error: unknown) => {
        this.logger.warn({ msg: 'could not look after capture', error: described(error) });
      });
    return this.looking;
  }

  private async followCapture(): Promise<void> {
    // A copy neither sends nor receives: beside the original it would bring back old rows, and take those that are not its own.
    this.copy &&= await this.ownership.isCopy(this.name);
    if (this.copy) return;
    this.receive();
    const { capture } = await this.ownership.read(this.name);
    if (capture && !this.relay) this.startRelay();
    if (!capture && this.relay) {
      const { relay } = this;
      this.relay = undefined;
      await relay.stop();
    }
  }

  private receive(): void {
    const { side, link } = this.options;
    if (!link || this.stopReceiving) return;
    const receiver = new Receiver(this.database, this.tables, this.name);
    this.stopReceiving = serveReplication(link, this.name, side, receiver);
  }

  private startRelay(): void {
    const { side, link } = this.options;
    if (!link) return;
    link.start();
    this.relay = new Relay({
      database: this.database,
      module: this.name,
      side,
      tables: this.tables,
      send: sendTo(link, this.name, otherSide(side)),
      deliveries: this.deliveries,
      maxPayload: link.current?.info?.max_payload ?? defaultMaxPayload,
    });
    this.relay.start();
  }
}
