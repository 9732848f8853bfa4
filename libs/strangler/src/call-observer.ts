import type { PreparedOperation } from './operation.js';
import type { Side } from './phase.js';

/** A call that has ended, as its caller saw it. */
export interface FinishedCall {
  readonly module: string;
  readonly operation: string;
  readonly kind: PreparedOperation['kind'];
  /** Who worked for it last; of a command that was split, one call a part. */
  readonly side: Side;
  /** With all waiting and turning. */
  readonly ms: number;
  /** `refused`: by an error that the contract declares; `error`: internal, unavailable, unknown. */
  readonly outcome: 'ok' | 'refused' | 'error';
}

/** A query that has its answer. */
export interface AnsweredQuery {
  readonly operation: PreparedOperation;
  readonly side: Side;
  readonly input: unknown;
  readonly result: unknown;
}

/** Is told of every call of this process's router: for statistics, and for asking the other side too. Must not throw. */
export interface CallObserver {
  finished(call: FinishedCall): void;
  /** Told at once, before the caller has the answer: what takes time belongs behind `setImmediate`. */
  answered(query: AnsweredQuery): void;
}

const failures: ReadonlySet<unknown> = new Set(['internal', 'unavailable', 'outcome_unknown']);

/** How a call that was not answered ended. */
export const outcomeOf = (error: unknown): 'refused' | 'error' => {
  const code = (error as { code?: unknown }).code;
  return code === undefined || failures.has(code) ? 'error' : 'refused';
};
