import { isDomainError } from '../../contract/errors.js';
import { Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { Acknowledger } from '../../database/acknowledger.js';
import { currentContext, withinContext, type CallContext } from '../../database/context.js';
import type { Side } from '../../routes/phase.js';
import { described } from '../../database/failure.js';
import { dropClaim, storeResults } from '../idempotency.js';
import { isOwnerLost } from '../../database/refusals.js';
import { managerOf } from '../../database/transaction.js';
import { backOffMs, decideSaga, type SagaRecord, type StoredError, type Verdict } from './progress.js';
import { isPastPivot, type RegisteredSaga } from './registered.js';
import type { Step } from './saga.js';
import { StepFailure, type Steps } from './steps.js';
import { SagaTransactions } from './transactions.js';

/**
 * Carries a stored saga on, step by step, until it ends or has to wait. Whoever changes the record first has decided:
 * every change is a compare-and-set on its version, committed before the next step acts. A side that has lost the saga's key
 * cannot change it: the driver stops with what the database says, and the new owner takes it up.
 */
export class SagaDriver {
  private readonly logger = new Logger(SagaDriver.name);

  private readonly transactions: SagaTransactions;

  constructor(
    private readonly dataSource: DataSource,
    private readonly steps: Steps,
    acknowledger?: Acknowledger,
  ) {
    const replicates = (module: string) => steps.replicates(module);
    this.transactions = new SagaTransactions(dataSource, replicates, acknowledger, true);
  }

  /**
   * Works on the saga as long as there is something to do now. `resumed`: another process began the present step and
   * may have carried it out. Resolves with the saga as it stands then; `undefined`: another process has taken it over.
   */
  async drive(entry: RegisteredSaga, record: SagaRecord, resumed: boolean): Promise<SagaRecord | undefined> {
    const resumedAt = resumed && record.status !== 'compensating' ? record.step : undefined;
    let now: SagaRecord | undefined = record;
    let rest = false;
    while (now && !rest && now.status !== 'done' && now.status !== 'failed') {
      [now, rest] =
        now.status === 'compensating'
          ? await this.undoOne(entry, now)
          : await this.forward(entry, now, now.attempts > 0 || now.step === resumedAt);
    }
    return now;
  }

  private async forward(
    entry: RegisteredSaga,
    record: SagaRecord,
    uncertain: boolean,
    end = this.steps.localEnd(entry.steps, record.step),
  ): Promise<[SagaRecord | undefined, boolean]> {
    try {
      const steps = { from: record.step, to: end };
      const together = end > record.step;
      const ran = together ? this.runOn(entry, record, steps, record.state) : this.runAlone(entry, record);
      return [await ran, false];
    } catch (failure) {
      return this.afterFailure(entry, record, uncertain, failure);
    }
  }

  private async afterFailure(
    entry: RegisteredSaga,
    record: SagaRecord,
    uncertain: boolean,
    failure: unknown,
  ): Promise<[SagaRecord | undefined, boolean]> {
    // Anything else is no verdict on a step (the database is away): the lease runs out and the saga is taken up again.
    if (!(failure instanceof StepFailure)) throw failure;
    // All was rolled back. Once more, up to the step that this side does not own, which then runs on its own.
    if (failure.result.kind === 'elsewhere') return this.forward(entry, record, uncertain, failure.at);
    this.logFault(entry, record, failure.at, failure.cause);
    const { step, attempts, ageMs } = record;
    // Steps of the transaction before the failed one were rolled back with it.
    const standing = { step, attempts, ageMs, pastPivot: isPastPivot(entry, record), uncertain };
    try {
      return await this.settle(entry, record, decideSaga(standing, failure.result), failure);
    } catch (another) {
      // To wait, the steps before the failed one are run again, and now one of them has failed.
      return this.afterFailure(entry, record, uncertain, another);
    }
  }

  private async runAlone(entry: RegisteredSaga, record: SagaRecord): Promise<SagaRecord | undefined> {
    // The saga is stored: it goes on whatever becomes of its caller, so the caller's deadline does not bind it.
    const state = await withinContext({ deadline: undefined }, () =>
      this.steps.alone(entry, record.step, record.state, record.id),
    );
    const next = record.step + 1;
    const end = this.steps.localEnd(entry.steps, next);
    try {
      return await this.runOn(entry, record, { from: next, to: end }, state);
    } catch (failure) {
      if (!(failure instanceof StepFailure)) throw failure;
      // What was done outside is stored by itself; the steps behind it are run again, and judged then.
      return this.runOn(entry, record, { from: next, to: next }, state);
    }
  }

  /** Runs the steps of a range and stores the progress, in one transaction. `state`: as it is before them. */
  private runOn(
    entry: RegisteredSaga,
    record: SagaRecord,
    { from, to }: { from: number; to: number },
    state: object,
  ): Promise<SagaRecord | undefined> {
    return this.transactions.run(entry, async (manager) => {
      if (to > from && !(await entry.store.lock(manager, record))) return undefined;
      const reached = await this.steps.together(entry, { from, to }, state);
      return this.advance(entry, manager, record, to, reached);
    });
  }

  /** Stores that the steps before `step` are done, and the answer once the pivot is among them. */
  private async advance(
    entry: RegisteredSaga,
    manager: EntityManager,
    record: SagaRecord,
    step: number,
    state: object,
  ): Promise<SagaRecord | undefined> {
    const status = step === entry.steps.length ? 'done' : 'running';
    const next = await entry.store.change(manager, record, {
      status,
      step,
      state: status === 'done' ? keptOf(entry, state) : state,
      attempts: 0,
      dueInMs: entry.leaseMs,
    });
    if (next && crossesPivot(entry, record, step)) await this.storeAnswer(entry, manager, record, state);
    return next;
  }

  private async storeAnswer(
    entry: RegisteredSaga,
    manager: EntityManager,
    record: SagaRecord,
    state: object,
  ): Promise<void> {
    const answer = entry.operation.output.pick(await entry.saga.answer(state));
    await storeResults(manager, claimOf(entry, record), [JSON.stringify(answer)]);
  }

  /** Stores what was decided after a failed step. */
  private async settle(
    entry: RegisteredSaga,
    record: SagaRecord,
    verdict: Verdict,
    { at, result }: StepFailure,
  ): Promise<[SagaRecord | undefined, boolean]> {
    const error = result.kind === 'ok' ? undefined : result.error;
    switch (verdict.kind) {
      case 'compensate':
        return [await this.turn(entry, record, verdict.from, error), false];
      case 'retry': {
        const dueInMs = verdict.afterMs === 0 ? entry.leaseMs : verdict.afterMs;
        const change = { attempts: record.attempts + 1, dueInMs };
        return [await entry.store.change(managerOf(this.dataSource), record, change), verdict.afterMs > 0];
      }
      default:
        return [await this.wait(entry, record, at, verdict.kind === 'wait' ? verdict.afterMs : 0), true];
    }
  }

  private turn(entry: RegisteredSaga, record: SagaRecord, from: number, error: StoredError | undefined) {
    return this.transactions.run(entry, (manager) =>
      entry.store.change(manager, record, {
        status: 'compensating',
        step: from,
        attempts: 0,
        ...(error && { error }),
        dueInMs: entry.leaseMs,
      }),
    );
  }

  /** Makes the saga wait before step `at`; the steps of the same transaction before it are done now. */
  private wait(entry: RegisteredSaga, record: SagaRecord, at: number, dueInMs: number) {
    return this.transactions.run(entry, async (manager) => {
      if (!(await entry.store.lock(manager, record))) return undefined;
      const state = await this.steps.together(entry, { from: record.step, to: at }, record.state);
      await entry.saga.wait(state);
      if (crossesPivot(entry, record, at)) await this.storeAnswer(entry, manager, record, state);
      const attempts = at === record.step ? record.attempts + 1 : 1;
      return entry.store.change(manager, record, {
        status: 'waiting',
        step: at,
        state,
        attempts,
        answered: true,
        dueInMs,
      });
    });
  }

  /** Undoes the step at which the saga stands; after the first one the saga has failed and its claim is free again. */
  private async undoOne(
    entry: RegisteredSaga,
    record: SagaRecord,
  ): Promise<[SagaRecord | undefined, boolean]> {
    if (record.step < 0) return [await this.fail(entry, record), true];
    const step = stepAt(entry, record.step);
    try {
      if (step.kind === 'call') {
        await withinContext({ deadline: undefined }, () => this.steps.undo(step, record.state, record.id));
      }
      const next = await this.transactions.run(entry, async (manager) => {
        if (!(await entry.store.lock(manager, record))) return undefined;
        if (step.kind === 'own') await step.undo?.(record.state);
        return entry.store.change(manager, record, {
          step: record.step - 1,
          attempts: 0,
          dueInMs: entry.leaseMs,
        });
      });
      return [next, false];
    } catch (error) {
      if (isOwnerLost(error)) throw error;
      this.logFault(entry, record, record.step, error);
      const change = { attempts: record.attempts + 1, dueInMs: backOffMs(record.attempts) };
      return [await entry.store.change(managerOf(this.dataSource), record, change), true];
    }
  }

  /** What is no declared error is a fault: the saga's caller hears `internal`, so only the log can say what it was. */
  private logFault(entry: RegisteredSaga, { id }: SagaRecord, at: number, error: unknown): void {
    if (isDomainError(error)) return;
    const [process, step] = [entry.operation.name, stepAt(entry, at).name];
    this.logger.error({ msg: 'saga step failed', saga: id, process, step, error: described(error) });
  }

  private fail(entry: RegisteredSaga, record: SagaRecord): Promise<SagaRecord | undefined> {
    return this.transactions.run(entry, async (manager) => {
      // Nobody asks for the state of one that never was, and it may hold what is secret.
      const state = record.answered ? keptOf(entry, record.state) : {};
      const ended = await entry.store.change(manager, record, { status: 'failed', state, dueInMs: 0 });
      if (!ended) return undefined;
      // A caller who was answered finds the same again, as it stands now; for any other nothing has happened.
      if (record.answered) await this.storeAnswer(entry, manager, record, record.state);
      else await dropClaim(manager, claimOf(entry, record));
      return ended;
    });
  }
}

/** What a saga that has ended keeps of its state. */
const keptOf = ({ saga: { answersBy } }: RegisteredSaga, state: object): object =>
  answersBy
    ? Object.fromEntries(
        Object.entries(state).filter(([name]) => (answersBy as readonly string[]).includes(name)),
      )
    : state;

const claimOf = ({ operation }: RegisteredSaga, { commandId, routingKey }: SagaRecord) => ({
  module: operation.module,
  commandId,
  keys: [routingKey],
});

/** Whether the steps before `step` are the first to include the pivot: the caller is promised success. */
const crossesPivot = ({ pivot }: RegisteredSaga, record: SagaRecord, step: number): boolean =>
  record.step <= pivot && step > pivot;

const stepAt = ({ steps }: RegisteredSaga, at: number): Step<object> => steps[at] as Step<object>;

/** The request that a resumed saga belongs to, so that its log lines carry that request's id. */
export const resumedContext = (record: SagaRecord, module: string): CallContext => ({
  requestId: record.requestId,
  caller: { program: module, as: 'module', actor: record.actor },
  servedBy: currentContext()?.servedBy ?? new Map<string, Side>(),
});
