import type { Dto } from '../../contract/dto.js';
import type { Queryable } from '../../database/database.js';
import type { Advice } from '../conditions/advice.js';
import type { Observed } from '../conditions/observed.js';
import type { FileWriter } from '../config/file-writer.js';
import type { Position } from '../terms/machine.js';
import type { Reconciler, WalkerParts } from '../reconcile/reconciler.js';
import type { HistoryFeed } from '../store/history-feed.js';
import type { Webhooks } from '../webhooks/webhooks.js';
import type { ModuleRow, RowChange, Wanted } from '../store/module-row.js';
import type { ProcessStatus } from '../terms/process-status.js';
import type { Finding, FindingSource } from '../terms/views.js';
import type { PlainBody } from './bodies.js';

/** What a command is judged by: how the module stands, and who asks. */
export interface CommandContext {
  row: ModuleRow;
  at: Position;
  observed: Observed;
  actor: string;
  /** The line of `strangler.yaml` that holds the module, such as `strangler.yaml, line 7`; null: nobody but the operator does. */
  held: string | null;
  /** Whether what is asked for may go against that line: it only looks, or changes the line itself. */
  free: boolean;
  /** What `strangler.yaml` wants of the module; null: it is not in the file. */
  wish: Place | null;
  verifying: boolean;
  advice: Advice;
}

/** A phase, and the share while shifting. */
export type Place = Pick<Wanted, 'phase' | 'percent'>;

/** A command that is legal: what it will do, and what to write down for it. */
export interface Accepted {
  /** Step by step, in words. */
  plan: string[];
  /** Of the module's row; left out: nothing of it changes, so that nobody can be faster. */
  change?: RowChange;
  /** Whether it has only begun when it is answered. */
  begins: boolean;
  /** It only looks: it does nothing, and is not written down. */
  looks?: true;
  /** Where the module is once it is done; none: there is nothing to wait for. */
  goal?: Place;
  /** The file says it already, so that it happens whatever else has changed in the row. */
  filed?: true;
  /** Why it would be refused now, which only a dry run may see. */
  refusal?: string;
}

/** The parameters of a command: its body without what all have. */
export type ParametersOf<B extends PlainBody> = { [K in keyof Omit<B, 'dryRun'>]: Exclude<B[K], null> };

/**
 * Something that an operator may ask for. A new one is a file here and its line in commands.ts: the admin API, its OpenAPI document and
 * the types of the CLI follow from it.
 *
 * @example
 * ```ts
 * export const pause = command({
 *   body: PlainBody,
 *   atOnce: true,
 *   plan: ({ row, actor }) => {
 *     if (row.paused === 'all') throw new RefusedError(`${row.module} is paused already`);
 *     return { plan: ['no other step begins'], change: { paused: 'all', pauseReason: `by ${actor}` }, begins: false };
 *   },
 * });
 * ```
 */
export interface OperatorCommand<B extends PlainBody, F = undefined> {
  /** The rules of its body. */
  readonly body: Dto<B>;
  /** All is done when it is answered (HTTP 200); left out: it has only begun (202). */
  readonly atOnce?: true;
  /** It says where the module is to go, as the file does: it is tried out whether that may begin, and `write` changes the file's line. */
  readonly steers?: true;
  /** What its context holds beside: the other side of a module at home, too, or who still runs the module's code in the monolith. */
  readonly looksAt?: 'both sides' | 'local use';
  /** Planned anew when the controller changes the row at the same moment. */
  readonly insists?: true;
  /** Written down before it acts, too: somebody's word stands behind it. */
  readonly announced?: true;
  /** Asks what the context does not hold. */
  ask?(context: CommandContext, parts: CommandParts, parameters: ParametersOf<B>): Promise<F>;
  /** Precondition and plan. Pure. @throws {RefusedError} with the reason and with what would make it legal. */
  plan(context: CommandContext, parameters: ParametersOf<B>, facts: F): Accepted;
  /** What it does beside the change of the row, and after it. Answers figures for the history. */
  effect?(
    parts: CommandParts,
    context: CommandContext,
    parameters: ParametersOf<B>,
    facts: F,
  ): Promise<Record<string, unknown> | void>;
}

/** Defines a command. */
export const command = <B extends PlainBody, F = undefined>(
  definition: OperatorCommand<B, F>,
): OperatorCommand<B, F> => definition;

/** What commands ask, and act with. */
export interface CommandParts extends WalkerParts {
  walkers: ReadonlyMap<string, Reconciler>;
  feed: HistoryFeed;
  /** Of the windows in it. */
  database: Queryable;
  about: () => Promise<ProcessStatus>;
  webhooks: Webhooks;
  findings: readonly FindingSource[];
  /** What is wrong with who steers, for `status` and `doctor`. */
  notices: () => Finding[];
  /** Writes the file; undefined: this process has none. */
  writer: FileWriter | undefined;
  /** Whether this process leads the module. */
  leads: (module: string) => boolean;
  /** Which process does, in words. */
  leaderOf: (module: string) => string;
  /** Lets what the file says of the module count again, whoever has changed its row since it was read. */
  applyFile: (module: string) => void;
  /** Lets the module's loop look at once. */
  wake: (module: string) => void;
}
