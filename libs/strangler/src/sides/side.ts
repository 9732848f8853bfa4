import type { DatabasePlace } from '../database/server.js';
import type { ChunkRows } from '../engine/verify/chunk.js';
import type { IncomingState, OutgoingState, QuarantinedRow } from '../engine/replication/outgoing-state.js';
import type { LatePruning } from '../engine/pruning/pruner.js';
import type { StepsQuestion, StepsReport } from '../evidence/call-steps.js';
import type { CallQuestion, CallReport } from '../evidence/call-sums.js';
import type { Held } from '../engine/identity/peer.js';
import type { Position } from '../engine/identity/position.js';
import type { Unprovable } from '../engine/identity/witness.js';
import type { Standpoint } from '../engine/identity/standing.js';
import type { TableState } from '../engine/ownership/captured.js';
import type { OpenMigration, StuckMigration } from '../engine/ownership/migration-watch.js';
import type { OldWriter } from '../engine/ownership/old-writers.js';
import type { StrayOrigin } from '../engine/ownership/strays.js';
import type { OwnershipRow, Patience, When } from '../engine/ownership/ownership.js';
import type { LateSagas } from '../calls/sagas/late.js';
import type { SagaSteering, SagaView } from '../calls/sagas/operated.js';
import type { Stranded } from '../calls/sagas/stranded.js';
import type { EventControl } from './event-control.js';
import type { TableStake } from './stake.js';

/** How a module stands on one side. */
export interface SideState {
  ownership: OwnershipRow;
  /** Its database; left out: it is of a release that does not say. */
  place?: DatabasePlace;
  outgoing: OutgoingState;
  /** What it has proven, and of whom. */
  standpoint: Standpoint;
  /** Why it could not prove itself, as the process that answers knows; null: it could, or has not tried. */
  held?: Held | null;
  /** Its tables; left out: it does not capture, or is of a release that does not say. */
  tables?: TableState[];
  /** Who writes its tables past the port; left out: it does not capture, or is of a release that does not say. */
  strays?: StrayOrigin[];
  /** Its sagas that stand where the process that answers knows no step; left out: it has none, or does not say. */
  stranded?: Stranded[];
  /** Its sagas that are tried for long at a step that is known; left out: it has none, or does not say. */
  lateSagas?: LateSagas[];
  /** A migration of its rows that nobody gets on with; null: none; left out: it is of a release that does not say. */
  stuckMigration?: StuckMigration | null;
  /** What should have been pruned long ago; a release before does not say. */
  latePruning?: readonly LatePruning[];
  /** Migrations of its rows that are not done; left out: it is of a release that does not say. */
  ownerMigrations?: OpenMigration[];
  /** The last batch stored here, and its age in ms (null: none yet). */
  incoming: IncomingState;
  /** What both sides had and neither has any more, and the file that says so; null: nothing is known of such. */
  unprovable?: (Unprovable & { path: string }) | null;
}

/** How far the draining of fenced buckets is. */
export interface Drained {
  /** None of their rows is left in the outbox. */
  done: boolean;
  /** The last position that the other side has, as it is written down. */
  confirmed: Position | null;
}

/**
 * What the controller asks of one side of a module: directly in its own process, of an extracted one over NATS.
 * Every method may be called again after an answer was lost. All arguments and results are JSON.
 */
export interface SideControl extends ChunkRows, EventControl {
  state(): Promise<SideState>;
  /** Why the module may not start to move, each with what to change. */
  check(): Promise<string[]>;
  /** Comes to know the other side, as that has told of itself. @throws when it belongs to another database already. */
  pair(told: Standpoint): Promise<void>;
  /** Installs capture. On the side that sends its rows from before, `backfill` starts that anew. */
  startCapture(how: { backfill: boolean }): Promise<void>;
  /** Removes capture and forgets what is in the outbox. @throws when the side is at another epoch: it may be an owner now. */
  stopCapture(step: { epoch: number }): Promise<void>;
  /** Says whether owners may change from now on; false: the ownership row is not that version any more. */
  mayShift(step: { version: number; may: boolean }): Promise<boolean>;
  /** Waits a moment for the writers inside; those that are still open: a fence, and customers behind it, would wait for them. */
  oldWriters(): Promise<OldWriter[]>;
  /**
   * Fences buckets and waits for the writers inside; answers the highest outbox id then, or null: not at that epoch, or something
   * else is not as it has to be. @throws naming the writers that have not ended in `writersMs`, or what is not captured or copied; the
   * fence stands then.
   */
  fence(step: { epoch: number; from: number; to: number } & When & Patience): Promise<number | null>;
  /**
   * Resolves once no outbox row of the buckets `[from, to)` with an id up to `upTo` is left, or after a while: then it is to be asked
   * again. Null: this side has another start, or fills its copy anew; it will never be done.
   */
  drained(of: {
    from: number;
    to: number;
    upTo: number;
    start?: string;
    life?: number;
  }): Promise<Drained | null>;
  /** Lets a database that was moved, or is a copy, stand in its original's place; what it owns it does not say. False: it is not at that epoch. */
  adopt(step: { epoch: number }): Promise<boolean>;
  /** Owns everything, whatever the other side has, at an epoch that nothing of before can reach; false: not at that epoch. */
  takeOver(step: { epoch: number }): Promise<boolean>;
  /** Has this side prove itself; whether it takes writes. */
  prove(): Promise<boolean>;
  /** An operator's word that this database is as it was, on this start of its server. False: it has started anew since, or was put back. */
  serveUnproven(step: { start: string }): Promise<boolean>;
  /** A side that was put back lets the other one take over, at this epoch; false: it was not, and is no copy at that epoch either. */
  giveUp(step: { epoch: number }): Promise<boolean>;
  /** Owns everything at this epoch, and begins to fill the copy; false: it does not hold everything, or is beyond that epoch. */
  takeWhole(step: { epoch: number }): Promise<boolean>;
  /**
   * Takes over up to the border `extractedBelow`, from `epoch` to `epoch + 1`. False: it is at another epoch, or something that the plan
   * relies on has changed (the proof, a start, what the copy holds); then nothing has.
   */
  own(step: { epoch: number; extractedBelow: number } & When): Promise<boolean>;
  /** Lifts the fence with the new border; the epoch stays. False: as with {@link own}. */
  release(step: { epoch: number; extractedBelow: number } & When): Promise<boolean>;
  /**
   * Lifts the fence, nothing having moved, and leaves `epoch` for `to`: what comes late is refused. False: it is at neither of the two, or was
   * put back.
   */
  raise(step: { epoch: number; to: number }): Promise<boolean>;
  parked(): Promise<QuarantinedRow[]>;
  /** Its stored sagas that have not ended, or the one with that id. Their states are not told. */
  sagas(of: { id: string | null }): Promise<SagaView[]>;
  /** Has a saga tried at once, or taken back; false: it is not as it was seen. */
  steerSaga(step: { saga: SagaView; how: SagaSteering }): Promise<boolean>;
  /** What this side would give up, by table, if it became the copy of the other one. */
  stake(): Promise<TableStake[]>;
  /** Sends parked rows again (`retry`), or forgets that they changed (`discard`: verify will then find a difference). */
  unpark(what: { ids: number[]; how: 'retry' | 'discard' }): Promise<number>;
  /**
   * Routing keys of rows here whose buckets lie in `[from, to)`, spread over them, at most `limit`; of a module owned as a whole,
   * primary keys of its first table.
   */
  sampleKeys(of: { from: number; to: number; limit: number }): Promise<string[]>;
  /** What the processes on this side's database have seen of their calls to a module, whichever: gates add it up. */
  callsTo(question: CallQuestion): Promise<CallReport>;
  /** The same of customers alone, step by step: for charts. */
  callStepsTo(question: StepsQuestion): Promise<StepsReport>;
}

/** The monolith's side, which is only asked in its own process: what it alone can do takes data away. */
export interface LocalSide extends SideControl {
  /**
   * Moves the module's tables to schema `<module>_retired`, or drops that schema. @throws when this side owns any of the module,
   * or owners have changed since that epoch: nothing is moved then.
   */
  retire(how: { purge: boolean; epoch: number }): Promise<void>;
}

/** Both sides of a module, as the controller reaches them. */
export interface ControlledSides {
  readonly monolith: LocalSide;
  readonly extracted: SideControl;
}
