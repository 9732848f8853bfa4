import { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { reportStepsInTime, type StepsQuestion, type StepsReport } from '../evidence/call-steps.js';
import { CallSums, type CallQuestion, type CallReport } from '../evidence/call-sums.js';
import { described } from '../database/failure.js';
import { Continuity } from '../engine/continuity/continuity.js';
import type { Held, Answer, Peer, Question } from '../engine/identity/peer.js';
import { remotePeer } from './remote-peer.js';
import { FenceWatch } from '../engine/ownership/fence-watch.js';
import { MigrationWatch } from '../engine/ownership/migration-watch.js';
import { checkModule } from '../engine/ownership/check.js';
import type { Standpoint } from '../engine/identity/standing.js';
import type { Pairing } from '../routes/member.js';
import { WitnessFile } from '../engine/identity/witness-file.js';
import { migrationStates, takeTurn } from '../engine/ownership/owner-migrations.js';
import { identify, Ownership } from '../engine/ownership/ownership.js';
import { otherSide, type Side } from '../routes/phase.js';
import { Pruner } from '../engine/pruning/pruner.js';
import { defaultRetention, type Retention } from '../engine/pruning/retention.js';
import { Deliveries } from '../engine/replication/deliveries.js';
import { Outgoing } from '../engine/replication/outgoing.js';
import type { RelayProofs } from '../engine/replication/relay.js';
import type { NatsLink } from '../nats/link.js';
import { lateSagas } from '../calls/sagas/late.js';
import type { SagaDefinition } from '../calls/sagas/operated.js';
import type { Stranded } from '../calls/sagas/stranded.js';
import type { MovingModule, MovingTable } from '../database/tables.js';
import { Chunks } from '../engine/verify/chunks.js';
import { OwnerSteps } from './owner-steps.js';
import { retireTables } from './retire.js';
import { sampleKeys } from './sample-keys.js';
import type { LocalSide, SideState } from './side.js';
import { SideCapture } from './side-capture.js';
import { SideEvents, type EventsOfSide } from './side-events.js';
import { SideSagas } from './side-sagas.js';
import type { ChunkRange } from '../engine/verify/chunk.js';
import type { QuarantinedRow } from '../engine/replication/outgoing-state.js';
import { stakeOf, type TableStake } from './stake.js';
import { Traffic } from './traffic.js';

/** How soon a process notices that capture was begun or ended through another one, in ms. */
const lookEveryMs = 500;
/** How often a service that belongs to no shop asks whether one has its service elsewhere, in ms. */
const askElsewhereMs = 3_000;

/** Which module, on which side, and how the other side is reached. */
export interface AgentOptions {
  database: Database;
  module: MovingModule;
  side: Side;
  /** How the other side is reached; without it nothing is sent or received. */
  link: NatsLink | undefined;
  /** How the other side is asked, where that is not over `link`. */
  peer?: Peer;
  /** Where it is kept, outside of the database, what was relied on; without it only the other side can prove a start. */
  witness?: string | undefined;
  /** How long records are kept. */
  retention?: Retention | undefined;
  /** Looks for sagas of the module that nobody here knows; none: it has no processes. */
  stranded?: ((on: Database) => Promise<Stranded[]>) | undefined;
  /** What its module tells, and which of its tables events fill. */
  events?: EventsOfSide | undefined;
  /** Of its processes; none: it has no processes. */
  definitions?: (() => readonly SagaDefinition[]) | undefined;
  /** Tables of the other modules on this database, as SQL names them. */
  namedByOthers?: (() => readonly string[]) | undefined;
  /** Is told, at each look, whom the module's database belongs to. */
  told?: ((pairing: Pairing) => void) | undefined;
}

/**
 * What one process does for one side of a module: it carries out what the controller asks, receives the other side's
 * rows, and, while capture is on, takes its turn at sending its own.
 */
export class SideAgent implements LocalSide {
  readonly deliveries: Deliveries;
  private readonly logger: Logger;
  private readonly database: Database;
  private readonly name: string;
  private readonly ownership: Ownership;
  private readonly calls: CallSums;
  private readonly continuity: Continuity;
  private readonly witness: WitnessFile | undefined;
  private readonly capture: SideCapture;
  private readonly steps: OwnerSteps;
  private readonly fenceWatch: FenceWatch;
  private readonly migrations = new MigrationWatch();
  private readonly pruner: Pruner;
  private readonly ofEvents: SideEvents;
  private readonly ofSagas: SideSagas;
  private traffic: Traffic | undefined;
  /** The database came here with a backup or a clone, as far as is known. */
  private copy = false;
  private elsewhere: Pairing['elsewhere'];
  private askedElsewhereAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private migrating: Promise<void> | undefined;

  constructor(private readonly options: AgentOptions) {
    this.database = options.database;
    this.name = options.module.module;
    this.ownership = new Ownership(options.database);
    this.calls = new CallSums(options.database);
    this.deliveries = new Deliveries(options.database, this.name);
    this.witness = options.witness ? new WitnessFile(options.witness, this.name) : undefined;
    this.continuity = new Continuity(options.database, this.name, peerOf(options), this.witness);
    const { database, module, retention = defaultRetention } = options;
    this.pruner = new Pruner({ database, module: module.module, tables: () => this.tables, retention });
    this.ofEvents = new SideEvents(database, module.module, options.events ?? {});
    this.ofSagas = new SideSagas(database, module.module, options.definitions);
    const logger = (this.logger = new Logger(`${this.name}.${options.side}`));
    const { ownership, continuity, witness } = this;
    const parts = { database, module, side: options.side, ownership, continuity, witness };
    this.capture = new SideCapture(parts, logger);
    this.steps = new OwnerSteps(parts, this.capture, () => this.traffic?.wake());
    this.fenceWatch = new FenceWatch(
      (text) => logger.error(text),
      (text) => logger.log(text),
    );
  }

  /** Makes the ownership row, serves the controller and the other side, and begins to look after capture. */
  async start(): Promise<void> {
    const { side, link } = this.options;
    await this.settle();
    await this.describe();
    if ((await this.ownership.read(this.name)).capture) await this.capture.renew();
    this.pruner.start();
    if (!link) return;
    const { database, name, deliveries, witness } = this;
    const describe = () => this.describe();
    this.traffic = new Traffic({
      ...{ database, module: name, side, link, describe, deliveries, witness, agent: this },
    });
    await this.look();
    // Also where this start is proven: while no process was here, the other side may have been told to take over.
    await this.prove();
    this.timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  /** Makes the ownership row, and gives the database its id: another one where it was moved, be it under running processes. */
  private async settle(): Promise<Standpoint> {
    this.witness?.locate(await identify(this.database));
    await this.ownership.ensure(this.name, this.options.side, { asks: this.asks() });
    const standpoint = await this.continuity.standpoint();
    if (standpoint.moved && !this.copy)
      this.logger.error(
        'this database was moved, or is a copy: it takes no writes before it has seen that nothing is missing, and that its original is not served. If that lasts: strangler doctor',
      );
    this.copy = standpoint.moved;
    return standpoint;
  }

  /**
   * Whether this side asks who claims its module, before it takes writes: where NATS is, and where the file knows of a pairing. What is
   * extracted owns nothing before it is paired, and is found by the side that it belongs to.
   */
  private asks(): boolean {
    const { side, link } = this.options;
    if (side === 'extracted' || !link) return false;
    return link.askable || this.witness?.read() !== undefined;
  }

  /** Has this side prove that it still holds what it had; whether it takes writes. */
  prove(): Promise<boolean> {
    return this.continuity.prove().catch((error: unknown) => {
      this.logger.warn({ msg: 'could not prove itself', error: described(error) });
      return false;
    });
  }

  /** Why it takes no writes, as far as this process has seen; null: it does. */
  get held(): Held | null {
    return this.continuity.held;
  }

  /** What a relay may ask for. */
  get proofs(): RelayProofs {
    return {
      prove: () => this.prove(),
      compare: () => this.continuity.compareAnew(),
      doubt: () => this.continuity.doubt(),
    };
  }

  /** What this side says when the other one asks. */
  answer(question: Question): Promise<Answer> {
    return this.continuity.answer(question);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.pruner.stop();
    await this.looking;
    await this.migrating;
    await this.traffic?.stop();
    await this.deliveries.close();
    this.witness?.end();
  }

  async state(): Promise<SideState> {
    const outgoing = new Outgoing(this.database, this.name);
    const [ownership, sent, incoming, standpoint] = await Promise.all([
      this.ownership.read(this.name),
      outgoing.outgoing(),
      outgoing.incoming(),
      this.continuity.standpoint(),
    ]);
    const unprovable = this.witness?.unprovable() ?? null;
    const { held } = this.continuity;
    this.fenceWatch.see(ownership);
    if (ownership.fenceFrom !== null)
      ownership.fencedMs = Math.max(ownership.fencedMs ?? 0, this.fenceWatch.ageMs);
    const captured = ownership.capture && (await this.capture.state());
    const stranded = await this.stranded();
    const late = stranded && { stranded, lateSagas: await lateSagas(this.database, this.name) };
    const stuckMigration = this.migrations.stuck;
    const ownerMigrations = this.migrations.waiting(
      await migrationStates(this.database, this.options.module),
    );
    const about = { stuckMigration, ownerMigrations, latePruning: this.pruner.late };
    const { place } = this.database;
    const known = { ownership, place, outgoing: sent, incoming, standpoint, unprovable, held, ...about };
    return { ...known, ...captured, ...late };
  }

  /** For how long this process has seen buckets fenced, by a clock that nobody sets, in ms; 0: none are. */
  get fencedMs(): number {
    return this.fenceWatch.ageMs;
  }

  /** What moves with the module, as it was declared. */
  get moving(): MovingModule {
    return this.options.module;
  }

  /** Sagas that stand where this process knows no step; `undefined`: the module has no processes. */
  stranded(): Promise<Stranded[]> | undefined {
    return this.options.stranded?.(this.database);
  }

  /** The module's tables, once started. */
  get tables(): readonly MovingTable[] {
    return this.capture.tables;
  }

  /** The tables as the catalogue has them now. @throws when one is missing. */
  describe(): Promise<readonly MovingTable[]> {
    return this.capture.describe();
  }

  /** Looks after the capture of each table; see {@link SideCapture.tend}. */
  tend(): Promise<void> {
    return this.capture.tend();
  }

  async check(): Promise<string[]> {
    const unfit = await checkModule(this.database, this.options.module, this.tables);
    const { epoch } = await this.ownership.read(this.name);
    return [...unfit, ...(await this.ofEvents.replays(epoch))];
  }

  async startCapture(how: { backfill: boolean }): Promise<void> {
    await this.capture.start(how);
    await this.look();
  }

  async stopCapture(step: { epoch: number }): Promise<void> {
    await this.capture.end(step);
    await this.look();
    await this.capture.remove();
  }

  async pair(told: Standpoint): Promise<void> {
    await this.continuity.pair(told);
    await this.look();
  }

  mayShift: LocalSide['mayShift'] = (step) => this.steps.mayShift(step);
  oldWriters: LocalSide['oldWriters'] = () => this.steps.oldWriters();
  fence: LocalSide['fence'] = async (step) => {
    await this.ofEvents.requireNoReplay(step.epoch);
    const highest = await this.steps.fence(step);
    // One that was begun meanwhile has seen the fence, or is seen here: it is a writer that the fence has waited for.
    await this.ofEvents.requireNoReplay(step.epoch);
    return highest;
  };
  drained: LocalSide['drained'] = (of) => this.steps.drained(of);
  own: LocalSide['own'] = (step) => this.steps.own(step);
  release: LocalSide['release'] = (step) => this.steps.release(step);
  raise: LocalSide['raise'] = (step) => this.steps.raise(step);
  adopt: LocalSide['adopt'] = (step) => this.steps.adopt(step);
  takeOver: LocalSide['takeOver'] = (step) => this.steps.takeOver(step);
  serveUnproven: LocalSide['serveUnproven'] = (step) => this.steps.serveUnproven(step);
  giveUp: LocalSide['giveUp'] = (step) => this.steps.giveUp(step);
  takeWhole: LocalSide['takeWhole'] = (step) => this.steps.takeWhole(step);

  parked(): Promise<QuarantinedRow[]> {
    return new Outgoing(this.database, this.name).parked();
  }

  events: LocalSide['events'] = (question) => this.ofEvents.events(question);
  eventLags: LocalSide['eventLags'] = () => this.ofEvents.eventLags();
  repairEvent: LocalSide['repairEvent'] = (repair) => this.ofEvents.repairEvent(repair);
  logBegin: LocalSide['logBegin'] = (of) => this.ofEvents.logBegin(of);
  replay: LocalSide['replay'] = (step) => this.ofEvents.replay(step);
  viewOf: LocalSide['viewOf'] = (of) => this.ofEvents.viewOf(of);
  emptyView: LocalSide['emptyView'] = (of) => this.ofEvents.emptyView(of);

  sagas: LocalSide['sagas'] = (of) => this.ofSagas.sagas(of);
  steerSaga: LocalSide['steerSaga'] = (steering) => this.ofSagas.steerSaga(steering);

  stake(): Promise<TableStake[]> {
    return stakeOf(this.database, this.name, this.tables);
  }

  async unpark(what: { ids: number[]; how: 'retry' | 'discard' }): Promise<number> {
    const count = await new Outgoing(this.database, this.name).unpark(what);
    this.traffic?.wake();
    return count;
  }

  // Columns as they are now: of a change only that process is told which deals with it.
  chunkEnd = async (of: Parameters<LocalSide['chunkEnd']>[0]) => (await this.describedChunks()).chunkEnd(of);
  chunkHash = async (of: ChunkRange & { as: Side }) => (await this.describedChunks()).chunkHash(of);
  chunkRows = async (of: ChunkRange & { as: Side }) => (await this.describedChunks()).chunkRows(of);
  inFlight = (of: { table: string; pks: string[][] }) => this.chunks.inFlight(of);
  resend = (of: { table: string; rows: { pk: string[]; key: string }[] }) => this.chunks.resend(of);

  sampleKeys(of: { from: number; to: number; limit: number }): Promise<string[]> {
    return sampleKeys(this.database, this.options.module, this.tables, of);
  }

  callsTo(question: CallQuestion): Promise<CallReport> {
    return this.calls.report(question);
  }

  callStepsTo(question: StepsQuestion): Promise<StepsReport> {
    return reportStepsInTime(this.database, question);
  }

  retire(how: { purge: boolean; epoch: number }): Promise<void> {
    return retireTables(this.database, this.options.module, how, this.options.namedByOthers?.());
  }

  /** Rows of all tables here: what a verification has before it. */
  rows(): Promise<number> {
    return this.chunks.total();
  }

  private async describedChunks(): Promise<Chunks> {
    await this.describe();
    return this.chunks;
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
    let standpoint = await this.continuity.standpoint();
    if (standpoint.moved) standpoint = await this.settle();
    this.copy = standpoint.moved;
    this.fenceWatch.see(standpoint);
    await this.tell(standpoint);
    const { capture, database } = standpoint;
    this.witness?.locate(database);
    this.traffic?.listenAt(database);
    if (owesProof(standpoint) || (owesName(standpoint) && this.options.link?.current)) void this.prove();
    // A copy sends nothing: beside the original it would bring back old rows. Nobody sends to it, for it has another id.
    await this.traffic?.send(capture && !this.copy);
    if (capture && !this.copy) await this.tend();
    if (!this.copy) this.migrating ??= this.migrateUnheard();
  }

  /** Beside the looks: a piece that waits, or takes long, holds none of them up. */
  private async migrateUnheard(): Promise<void> {
    await this.migrateOwn().catch(() => undefined);
    this.migrating = undefined;
  }

  /** Goes on with what is left of the module's migrations of rows, in the rows that this side owns, for a moment. */
  async migrateOwn(): Promise<void> {
    const { database, tables, migrations } = this;
    const turn = await takeTurn(database, this.options.module, tables).catch((error: unknown) => {
      const problem = described(error);
      if (migrations.failed(problem)) this.logger.warn({ msg: 'an owner migration fails', error: problem });
      throw error;
    });
    migrations.see(turn);
    for (const name of turn.ended) this.logger.log(`the rows that this side owns are migrated: ${name}`);
  }

  /** Prunes for a moment what is older than it is kept. Whether nothing is left. */
  prune(): Promise<boolean> {
    return this.pruner.turn();
  }

  /** Says whom this database belongs to: while to nobody, with what is known of another one in its place. */
  private async tell({ database, extractedBelow, peer, peerSince, capture }: Standpoint): Promise<void> {
    const { told, side, link } = this.options;
    if (!told) return;
    const { name: module, copy } = this;
    const now = performance.now();
    if (peer !== null || capture || side === 'monolith') this.elsewhere = undefined;
    else if (link?.current && now - this.askedElsewhereAt > askElsewhereMs) {
      this.askedElsewhereAt = now;
      this.elsewhere = await this.continuity.elsewhere();
    }
    told({ module, database, extractedBelow, peer, peerSince, copy, elsewhere: this.elsewhere });
  }
}

const peerOf = ({ module: { module }, side, link, peer }: AgentOptions): Peer =>
  peer ?? (link ? remotePeer(link, module, otherSide(side)) : nobody);

/** Without a way to the other side nobody can be asked. */
const nobody: Peer = {
  ask: () => Promise.reject(new Error('this process has no way to the other side')),
  askAll: () => Promise.resolve([]),
};

/** It takes no writes before that; or only a witness has proven it, and the peer is still to be asked. */
const owesProof = ({ standing, proven, provenBy, capture }: Standpoint): boolean =>
  standing !== 'rolled back' && (!proven || standing === 'given up' || (capture && provenBy !== 'peer'));

/** It was moved while the module was at home, and the side that it was paired with does not know it by its new id. */
const owesName = ({ knownAs, peer, capture }: Standpoint): boolean =>
  knownAs !== null && peer !== null && !capture;
