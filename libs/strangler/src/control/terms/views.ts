import type { SideFigures } from '../../calls/resilience/side-guard.js';
import type { OpenMigration } from '../../engine/ownership/migration-watch.js';
import type { Phase, Side } from '../../routes/phase.js';

/**
 * One condition that a step waits for or breaks at. No data means `hold`: it neither passes nor fails.
 *
 * @example
 * ```ts
 * const inTheWay = (gates: GateView[]) => gates.filter(({ state }) => state === 'hold' || state === 'fail').map(({ name }) => name);
 * ```
 */
export interface GateView {
  name: string;
  /** Of the population that does worse: probes and customers are never pooled. Null: not known. */
  value: number | null;
  limit: number;
  /** How many observations there are: probes and customers; of a gate on the state of the sides, 1 once it is known. */
  samples: number;
  /** Questions of the controller's own. */
  probes: number;
  /** Calls that customers made. */
  customers: number;
  /** So many samples are needed for a decision, probes and customers together, of which a share needs one kind to be enough alone. */
  needed: number;
  /** That of the decision, 0 to 1; null: none has been made, or the gate needs none. */
  confidence: number | null;
  /** `not applicable`: it could never measure anything, and is not in the way. */
  state: 'pass' | 'hold' | 'fail' | 'not applicable';
  /** Why it is not applicable. */
  why: string | null;
  /** For how long its state has been so, in ms; left out: nobody has written it down. */
  sinceMs?: number;
}

/**
 * Answers of both sides that were compared.
 *
 * @example
 * ```ts
 * const rate = ({ compared, mismatches }: ShadowCounts) => (compared === 0 ? 0 : mismatches / compared);
 * ```
 */
export interface ShadowCounts {
  compared: number;
  mismatches: number;
  /** Pairs that could not be compared: a side was not there, or too slow. They are neither. */
  unavailable: number;
}

/**
 * How the calls to one side went.
 *
 * @example
 * ```ts
 * const text = ({ calls, errors, p99Ms }: CallFigures) => `${calls} calls, ${errors} errors, p99 ${p99Ms ?? '-'} ms`;
 * ```
 */
export interface CallFigures {
  calls: number;
  errors: number;
  /** ms; null: no calls yet. */
  p50Ms: number | null;
  p99Ms: number | null;
}

/** How one side does. */
export interface SideView extends CallFigures {
  /** It answers, and owns what it is to own. */
  healthy: boolean;
  /**
   * `fenced`: it answers, and nobody may write what it has fenced, though no step is under way, or for too long. `unproven`, `rolled back`:
   * its database has not shown that it holds all that it had, or was put back. `not there`: no process of it runs; `no answer`: none came in
   * time; `no database`: it cannot reach its own; `no NATS`: it cannot be reached. `foreign`: it belongs to another application. `failing`:
   * it answers with an error.
   */
  health:
    | 'up'
    | 'fenced'
    | 'unproven'
    | 'rolled back'
    | 'not there'
    | 'no answer'
    | 'no database'
    | 'no NATS'
    | 'foreign'
    | 'failing';
  /** The figures above are of customers' calls since the step began; these are of the controller's own questions. */
  probes: CallFigures;
  /** Replication from this side to the other. */
  lagMs: number | null;
  pending: number;
  /** Rows that can never be applied as they are. */
  quarantined: number;
  /** The former name of {@link quarantined}: the same number, for programs of before. */
  parked: number;
}

/**
 * A setting in force.
 *
 * @example
 * ```ts
 * const text = ({ key, value, from }: SettingView) => `${key}: ${JSON.stringify(value)} (${from})`;
 * ```
 */
export interface SettingView {
  /** As in `strangler.yaml`: `bake`, `gates.lagMs`. */
  key: string;
  /** As it would be written there. */
  value: unknown;
  /** Who says so: a line of the file, an operator, or `built-in`. */
  from: string;
}

/**
 * What is needed, what is there, and what to do.
 *
 * @example
 * ```ts
 * const text = ({ needs, has, todo, command }: WaitView) => `needs ${needs}, has ${has}: ${command ?? todo}`;
 * ```
 */
export interface WaitView {
  needs: string;
  has: string;
  /** In words; `nothing to do`: it passes by itself. */
  todo: string;
  /** The command line that does it; null: there is none, or none is needed. */
  command: string | null;
  /** For how long it has waited, in ms. */
  sinceMs: number;
}

/**
 * Where a module stands; the body of `GET /modules/:module`.
 *
 * @example
 * ```ts
 * const { phase, percent, waitingFor }: ModuleStatus = await operator.module('orders');
 * console.log(`${phase}, ${percent} % of the keys are extracted; ${waitingFor ?? 'it is where it is to be'}`);
 * ```
 */
export interface ModuleStatus {
  module: string;
  ownership: 'by-key' | 'whole';
  phase: Phase;
  /** For how long it has been there, in ms; left out: it is of a release that does not say. */
  phaseSinceMs?: number;
  /** Where it is to go, and who says so. */
  wanted: { phase: Phase; percent: number | null; by: 'file' | 'operator' };
  /** Share of the buckets that belong to `extracted`, 0 to 100. */
  percent: number;
  /** Share of the reads that any copy may answer, and that `extracted` answers, 0 to 100. */
  readsPercent?: number;
  epoch: number;
  ack: 'both' | 'owner';
  degraded: boolean;
  paused: boolean;
  /** A step under way, and what it does now. */
  transition: { action: string; step: string; sinceMs: number } | null;
  /** Null: it is not needed, and not asked. */
  sides: Record<Side, SideView | null>;
  /** The larger of both directions, in ms. */
  lagMs: number | null;
  backfill: { done: number; total: number; rowsPerSecond: number | null; etaSeconds: number | null } | null;
  verify: {
    running: { done: number; total: number; etaSeconds: number | null } | null;
    checkedAt: string | null;
    rows: number;
    differences: number;
  };
  /** All, and each population by itself. */
  shadow: ShadowCounts & { probes: ShadowCounts; customers: ShadowCounts };
  gates: GateView[];
  /** `down`: some of what it owns cannot be written, since its owner is not there. */
  health: 'up' | 'degraded' | 'down';
  /** What it waits for, in one sentence; null: nothing, it is where it is to be. */
  waitingFor: string | null;
  /** The same in its parts. */
  waiting: WaitView | null;
  /** Until it is where it is to be, by what is known now, in s; 0: it is there; null: not known, {@link etaUnknown} says why. */
  etaSeconds: number | null;
  etaUnknown: string | null;
  /** Whether `rollback` loses nothing. */
  rollbackSafe: boolean;
  /** How it is moved, and who says so. */
  settings: SettingView[];
  /** Changes of rows by their owners that are not done (docs/schema-changes.md); left out: it is of a release that does not say. */
  ownerMigrations?: (OpenMigration & { side: Side })[];
  /** How calls of this process to its sides are guarded, where any leave it; left out: it is of a release that does not say. */
  calls?: SideFigures[];
  /** Of a module at home: whether a service of it is there, which it could move to; null: it has moved, or nobody can be asked; left out: it is of a release that does not say. */
  service?: ServiceView | null;
  /** What is wrong outside of it and concerns it: a file that is refused, processes that read different files. */
  notices: string[];
}

/** Whether anybody answers as the service of a module. */
export type ServicePresence = 'there' | 'absent';

/** The same, and with which command one is started; null: nobody has said. */
export interface ServiceView {
  state: ServicePresence;
  start: string | null;
}

/**
 * One line of a module's history.
 *
 * @example
 * ```ts
 * const text = ({ at, actor, action, from, to, outcome }: HistoryEntry) => `${at} ${actor}: ${action}, ${from} -> ${to}: ${outcome}`;
 * ```
 */
export interface HistoryEntry {
  id: number;
  /** RFC 3339. */
  at: string;
  module: string;
  actor: string;
  action: string;
  from: Phase;
  to: Phase;
  outcome: 'begun' | 'done' | 'refused' | 'aborted' | 'failed' | 'noted';
  reason: string | null;
  /** Gate values, rows, milliseconds: what it was decided by. */
  figures: Record<string, unknown>;
}

/**
 * A row that was not the same on both sides when all were compared. Which fields differ is told, and never in what: their values may be
 * anybody's.
 *
 * @example
 * ```ts
 * const text = ({ table, pk, kind, fields }: RowDifference) => `${table} ${pk.join('/')} ${kind} ${fields.join(', ')}`;
 * ```
 */
export interface RowDifference {
  table: string;
  /** The primary key, column by column. */
  pk: string[];
  /** The side whose row counts. */
  owner: Side;
  /** missing: only the owner has the row; orphan: only the copy has it. */
  kind: 'missing' | 'orphan' | 'differs';
  /** Columns of the owner's table. */
  fields: string[];
}

/**
 * Something that `doctor` has found: what it is, what it means, what frees it.
 *
 * @example
 * ```ts
 * const text = ({ module, problem, meaning, remedy }: Finding) => `${module ?? 'all'}: ${problem}. ${meaning}. ${remedy}`;
 * ```
 */
export interface Finding {
  /** Null: it concerns the process, or all modules. */
  module: string | null;
  problem: string;
  meaning: string;
  remedy: string;
  /** Whether `doctor --repair` does the remedy by itself. */
  repairable: boolean;
  /** It passes without anybody doing anything: good to know, nothing to be woken for. */
  byItself?: boolean;
}

/**
 * Finds what concerns no single module: asked each time that `doctor` is. It must start nothing, and not throw.
 *
 * @example
 * ```ts
 * const disk: FindingSource = () => [
 *   { module: null, problem: 'the disk is full', meaning: 'no write is stored', remedy: 'make room', repairable: false },
 * ];
 * ```
 */
export type FindingSource = () => Finding[] | Promise<Finding[]>;

/**
 * A receiver of history entries, and how far it is.
 *
 * @example
 * ```ts
 * const text = ({ name, state, waiting, problem }: WebhookView) => `${name}: ${state}, ${waiting} wait${problem === null ? '' : ` (${problem})`}`;
 * ```
 */
export interface WebhookView {
  name: string;
  /** Without what stands behind a `?`; null: settings of this process do not name it. */
  url: string | null;
  /** It is told of these modules, and of entries that have ended so; null: of all. */
  modules: string[] | null;
  outcomes: HistoryEntry['outcome'][] | null;
  /** `failing`: the last try has failed. `disabled`: it has answered 410 Gone, and is not called until its address or secret is another one. */
  state: 'up' | 'failing' | 'disabled';
  /** Entries that it is to get, and those that it was tried with in vain for so long that it is not any more. */
  waiting: number;
  failed: number;
  /** The last entry that it has taken, and when (RFC 3339); null: none yet. */
  delivered: { entry: number; at: string } | null;
  /** Why the last try has failed; null: it has not. */
  problem: string | null;
  failingSince: string | null;
  /** It is not called before; null: it is called as soon as there is something. */
  nextTryAt: string | null;
}

/**
 * What was done about a receiver of history entries, or would be.
 *
 * @example
 * ```ts
 * const { plan, refusal }: ResendAnswer = await operator.resendWebhook('pager', { actor: 'ann', dryRun: true });
 * console.log(refusal ?? plan.join('\n'));
 * ```
 */
export interface ResendAnswer {
  webhook: string;
  verb: 'resend';
  dryRun: boolean;
  plan: string[];
  /** Of a dry run: why it would be refused now. */
  refusal?: string;
}
