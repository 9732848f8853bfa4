import { DomainError, isDomainError } from '../../contract/errors.js';
import { v5 as uuidv5 } from 'uuid';
import { currentContext } from '../../database/context.js';
import { databaseLoss } from '../../database/failure.js';
import type { Router } from '../router.js';
import { undoIdOf } from '../idempotency.js';
import { isOwnerLost, NotOwnerError } from '../../database/refusals.js';
import { isTransient } from '../../database/sql-state.js';
import type { StepResult, StoredError } from './progress.js';
import { operationOf, type RegisteredSaga } from './registered.js';
import type { CallStep, Step } from './saga.js';
import { boundary } from './boundary.js';

type AnyStep = Step<object>;

/** Carries out single steps of sagas, here or through the router. */
export class Steps {
  constructor(private readonly router: Router) {}

  /** Whether the step may share the process's transaction now; for which keys, is seen when it is reached. */
  sharesTransaction(step: AnyStep): boolean {
    return step.kind === 'own' || this.router.isTransactional(operationOf(step));
  }

  /** Whether changes of the module are sent to another side now. */
  replicates(module: string): boolean {
    return this.router.replicates(module);
  }

  /** The end of the run of steps from `from` that can share one transaction. */
  localEnd(steps: readonly AnyStep[], from: number): number {
    let end = from;
    while (end < steps.length && this.sharesTransaction(steps[end] as AnyStep)) end++;
    return end;
  }

  /** Runs steps, one after the other, in the open transaction. @throws {StepFailure} naming the one that failed. */
  async together(
    entry: RegisteredSaga,
    { from, to }: { from: number; to: number },
    state: object,
  ): Promise<object> {
    let now = state;
    for (let at = from; at < to; at++) {
      const step = entry.steps[at] as AnyStep;
      boundary.reached(entry.operation.name, step.name, 'before');
      now = await this.inTransaction(step, now).catch((error: unknown) => {
        // Not the step's doing: the whole transaction is to be run again, now or once there is a database, or its process elsewhere.
        const ofAll = isTransient(error) || databaseLoss(error) !== undefined;
        throw ofAll || (step.kind === 'own' && isOwnerLost(error)) ? error : new StepFailure(at, step, error);
      });
      boundary.reached(entry.operation.name, step.name, 'after');
    }
    return now;
  }

  /**
   * Runs one step on its own; its command id follows from the saga's, so that a repeat has no effect.
   * @throws {StepFailure}
   */
  async alone(entry: RegisteredSaga, at: number, state: object, sagaId: string): Promise<object> {
    const step = entry.steps[at] as CallStep<object>;
    const commandId = stepId(step, sagaId);
    boundary.reached(entry.operation.name, step.name, 'before');
    const calling = this.router.call(operationOf(step), step.input(state), { commandId });
    const output = await calling.catch((error: unknown) => {
      throw new StepFailure(at, step, error);
    });
    boundary.reached(entry.operation.name, step.name, 'after');
    return { ...state, ...step.save(output, state) };
  }

  private async inTransaction(step: AnyStep, state: object): Promise<object> {
    if (step.kind === 'own') return { ...state, ...(await step.run(state)) };
    const [operation, input] = [operationOf(step), step.input(state)];
    if (!this.router.isTransactional(operation, input)) throw new NotOwnerError(operation.module);
    const output = await this.router.executeHere(operation, input);
    return { ...state, ...step.save(output, state) };
  }

  /** Takes a step of another module back by the command that its contract names; nothing to do for a query. */
  async undo(step: CallStep<object>, state: object, sagaId: string): Promise<void> {
    const undoing = operationOf(step).undoing();
    if (!undoing) return;
    const undoOf = stepId(step, sagaId);
    const how = { commandId: undoIdOf(undoOf), undoOf };
    await this.router.call(undoing, undoing.input.pick(step.input(state)), how);
  }
}

/** The command id of a step that runs on its own. */
const stepId = ({ name }: AnyStep, sagaId: string): string => uuidv5(name, sagaId);

/** A step that did not work out, and what that says about its effect. */
export class StepFailure extends Error {
  readonly result: StepResult;

  constructor(
    readonly at: number,
    step: AnyStep,
    override readonly cause: unknown,
  ) {
    super(`step ${step.name} failed`, { cause });
    this.result = resultOf(step, cause);
  }
}

/** Sorts an error of a step by what it says about the step's effect. */
function resultOf(step: AnyStep, error: unknown): StepResult {
  const stored = storedError(error);
  if (isOwnerLost(error)) return { kind: 'elsewhere', error: stored };
  if (step.kind === 'call' && step.waitOn.has(stored.code)) return { kind: 'wait', error: stored };
  if (stored.code === 'unavailable') return { kind: 'unreached', error: stored };
  if (stored.code === 'outcome_unknown' || stored.code === 'internal')
    return { kind: 'unknown', error: stored };
  return { kind: 'refused', error: stored };
}

/** An error as it is kept with a saga; what is no `DomainError` becomes `internal` without detail. */
const storedError = (error: unknown): StoredError =>
  isDomainError(error)
    ? { code: error.code, message: error.message, data: error.data }
    : {
        code: 'internal',
        message: 'something went wrong here',
        data: { traceId: currentContext()?.requestId ?? '-' },
      };

/** The error that a saga ended with, for its caller. An unknown outcome is known by now: nothing was done. */
export const errorOf = ({ code, message, data }: StoredError): DomainError =>
  code === 'outcome_unknown'
    ? new DomainError('unavailable', data, message)
    : new DomainError(code, data, message);
