import type { PreparedOperation } from '../contract/operation.js';
import type { Side } from '../routes/phase.js';

/** A call that has ended, as its caller saw it. */
export interface FinishedCall {
  readonly module: string;
  readonly operation: string;
  readonly kind: PreparedOperation['kind'];
  /** Who worked for it last; of a command that was split, one call a part. */
  readonly side: Side;
  /** When it ended, by `performance.now()` of this process. */
  readonly at: number;
  /** How long it took, with all waiting and turning. */
  readonly ms: number;
  readonly outcome: 'ok' | CallFailure;
  /** Asked for an operator, not for a customer: it says nothing of what customers do. */
  readonly forOperator: boolean;
}

/**
 * `refused`: by an error that the contract declares; `shed`: turned away because what anyone may ask for without limit has one
 * (`data.shed`), which says nothing of the side; `error`: internal, unavailable, unknown.
 */
export type CallFailure = 'refused' | 'shed' | 'error';

/** A query that has its answer. */
export interface AnsweredQuery {
  readonly operation: PreparedOperation;
  readonly side: Side;
  readonly input: unknown;
  readonly result: unknown;
}

/** A command that its owner has carried out. */
export type CommittedCommand = Omit<AnsweredQuery, 'result'>;

/**
 * Is told of every call of this process's router: for statistics, and for asking the other side too. Must not throw.
 *
 * @example
 * ```ts
 * const slow: CallObserver = {
 *   finished: ({ module, operation, ms }) => void (ms > 500 && console.warn(`${module}.${operation}: ${Math.round(ms)} ms`)),
 *   answered: () => undefined,
 * };
 * ```
 */
export interface CallObserver {
  finished(call: FinishedCall): void;
  /** Told at once, before the caller has the answer: what takes time belongs behind `setImmediate`. */
  answered(query: AnsweredQuery): void;
  /** The same of a command. One that takes another back is none of these. */
  committed?(command: CommittedCommand): void;
}

const failures: ReadonlySet<unknown> = new Set(['internal', 'unavailable', 'outcome_unknown']);

/** How a call that was not answered ended. */
export const outcomeOf = (error: unknown): CallFailure => {
  const { code, data } = error as { code?: unknown; data?: { shed?: unknown } };
  if (code === 'unavailable' && data?.shed === true) return 'shed';
  return code === undefined || failures.has(code) ? 'error' : 'refused';
};
