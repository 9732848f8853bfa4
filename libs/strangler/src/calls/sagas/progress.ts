import type { DomainErrorData } from '../../contract/errors.js';
import type { VerifiedActor } from '../../contract/caller.js';

/** Where a stored saga stands. `waiting`: a step is tried again later; `compensating`: undoing, from `step` downwards. */
export type SagaStatus = 'running' | 'waiting' | 'compensating' | 'done' | 'failed';

/** An error as it is stored with a saga, to be told to whoever asks for its outcome. */
export interface StoredError {
  readonly code: string;
  readonly message: string;
  readonly data: DomainErrorData;
}

/** A saga as its table holds it. */
export interface SagaRecord {
  readonly id: string;
  readonly commandId: string;
  readonly routingKey: string;
  readonly process: string;
  readonly requestId: string;
  /** On whose behalf it runs, however long; `undefined`: nobody's, or a process of an older release has begun it. */
  readonly actor?: VerifiedActor | undefined;
  readonly status: SagaStatus;
  /** The next step to run, or (compensating) the next to undo. */
  readonly step: number;
  readonly state: object;
  readonly error: StoredError | null;
  /** Tries of the present step that have failed. */
  readonly attempts: number;
  /** The caller has been answered while the saga waited. */
  readonly answered: boolean;
  readonly version: number;
  /** How long the saga has existed, in ms, by the database's clock. */
  readonly ageMs: number;
}

/** How a step ended. */
export type StepResult =
  | { kind: 'ok' }
  /** The module refused: nothing was done. */
  | { kind: 'refused'; error: StoredError }
  /** It did not get there: nothing was done by this try. */
  | { kind: 'unreached'; error: StoredError }
  /** No answer: it may have been done. */
  | { kind: 'unknown'; error: StoredError }
  /** In a transaction: this side does not own its keys (now). It has to run on its own. */
  | { kind: 'elsewhere'; error: StoredError }
  /** An error that the step says to wait on. */
  | { kind: 'wait'; error: StoredError };

/** What to store next. */
export type Verdict =
  | { kind: 'advance' }
  | { kind: 'wait' | 'retry'; afterMs: number }
  /** Undo from step `from` downwards. */
  | { kind: 'compensate'; from: number };

/** What the decision depends on besides the step's result. */
export interface SagaStanding {
  readonly step: number;
  /** Tries of this step that have failed. */
  readonly attempts: number;
  readonly ageMs: number;
  /** The caller has been promised success: there is only forward. */
  readonly pastPivot: boolean;
  /** An earlier try of this step may have been done (it gave no answer, or its process died). */
  readonly uncertain: boolean;
}

/** How long a saga waits for a step before it gives the whole up, in ms. */
export const giveUpAfterMs = 24 * 3_600_000;
/** Tries of a step that gives no answer before the saga turns round. */
export const unknownTries = 2;

/** In ms. */
export const longestBackOffMs = 60_000;

/** Exponential back-off, in ms: half a second at first, a minute at most. */
export const backOffMs = (attempts: number): number =>
  Math.min(longestBackOffMs, 500 * 2 ** Math.min(attempts, 10));

/**
 * Decides what follows a step's result. Pure. Past the pivot the step is tried until it works. Before it a refusal
 * turns the saga round, and if the step may have been done after all, it is undone too.
 */
export function decideSaga(at: SagaStanding, result: StepResult): Verdict {
  if (result.kind === 'ok') return { kind: 'advance' };
  const afterMs = backOffMs(at.attempts);
  if (at.pastPivot) return { kind: 'retry', afterMs };
  const turn: Verdict = { kind: 'compensate', from: at.uncertain ? at.step : at.step - 1 };
  if (result.kind === 'wait') return at.ageMs > giveUpAfterMs ? turn : { kind: 'wait', afterMs };
  if (result.kind !== 'unknown') return turn;
  return at.attempts + 1 < unknownTries
    ? { kind: 'retry', afterMs: 0 }
    : { kind: 'compensate', from: at.step };
}
