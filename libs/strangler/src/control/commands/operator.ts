import type { MismatchEntry } from '../../calls/shadow/shadow-store.js';
import type { Phase, Side } from '../../routes/phase.js';
import type { QuarantinedRow } from '../../engine/replication/outgoing-state.js';
import type { EventQuestion, EventView, SubscriberLag } from '../../calls/events/event-views.js';
import type { Action } from './commands.js';
import type { SilentSide } from '../terms/silent-side.js';
import type { SagaList } from './sagas.js';
import type { ModuleSeries, SeriesQuestion } from './series.js';
import type { ProcessStatus } from '../terms/process-status.js';
import type {
  Finding,
  HistoryEntry,
  ModuleStatus,
  ResendAnswer,
  RowDifference,
  WebhookView,
} from '../terms/views.js';

/**
 * What an accepted action will do, step by step, in words.
 *
 * @example
 * ```ts
 * const { plan, refusal }: ActionAnswer = await operator.act('orders', { verb: 'run' }, { actor: 'ann', dryRun: true });
 * console.log(refusal ?? plan.join('\n'));
 * ```
 */
export interface ActionAnswer {
  module: string;
  verb: Action['verb'];
  dryRun: boolean;
  plan: string[];
  /** Of a dry run: why it would be refused now. */
  refusal?: string;
  /** Where the module is once it is done; none: there is nothing to wait for. */
  goal?: { phase: Phase; percent: number | null };
}

/**
 * Events on their way, and how far behind their subscribers are.
 *
 * @example
 * ```ts
 * const { items, subscribers }: EventList = await operator.events({ state: 'failed', limit: 100 });
 * ```
 */
export interface EventList {
  /** The newest first, one for each subscriber. */
  items: EventView[];
  subscribers: SubscriberLag[];
  /** What these have is not among them. */
  silent: SilentSide[];
}

/**
 * What the admin API offers; the controller implements it.
 *
 * @example
 * ```ts
 * const moveOut = (by: Operator) => by.act('orders', { verb: 'run' }, { actor: 'ann', dryRun: false });
 * ```
 */
export interface Operator {
  /** What the process is that answers, and how that stands with which it works. */
  process(): Promise<ProcessStatus>;
  modules(): Promise<ModuleStatus[]>;
  module(name: string): Promise<ModuleStatus>;
  /** @throws {RefusedError} with the reason; @throws {UnknownModuleError} */
  act(module: string, action: Action, by: { actor: string; dryRun: boolean }): Promise<ActionAnswer>;
  /** The newest first. `before`: the id of an entry; only those that are older. */
  history(module: string, limit: number, before?: number): Promise<HistoryEntry[]>;
  /** How the module did over the last minutes or hours. */
  series(module: string, question: SeriesQuestion): Promise<ModuleSeries>;
  mismatches(module: string): Promise<MismatchEntry[]>;
  /** Rows that were not the same on both sides when all were compared last: the first hundred. */
  differences(module: string): Promise<RowDifference[]>;
  quarantined(module: string): Promise<(QuarantinedRow & { side: Side })[]>;
  /** `module` left out: of all. */
  events(question: EventQuestion & { module?: string }): Promise<EventList>;
  /** Stored sagas that have not ended, or the one with that id, without their states. */
  sagas(module: string, id: string | null): Promise<SagaList>;
  /** `module` undefined: all. */
  doctor(module: string | undefined): Promise<Finding[]>;
  /** Calls `listener` with every history entry as it is written; with those after the id `after` first. Returns the way to stop. */
  onEntry(listener: (entry: HistoryEntry) => void, after?: number): () => void;
  /** Who is told of history entries, and how far that is. */
  webhooks(): Promise<WebhookView[]>;
  /** Has one called now, also with what has failed. @throws {RefusedError} with the reason */
  resendWebhook(name: string, by: { actor: string; dryRun: boolean }): Promise<ResendAnswer>;
}
