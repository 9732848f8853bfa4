import { OutcomeUnknownError } from '../../contract/errors.js';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Acknowledger } from '../../database/acknowledger.js';
import { currentContext, withContext } from '../../database/context.js';
import type { ProcessRunner } from '../executor.js';
import { beginCommand, claimOf, storeResults, type Earlier } from '../idempotency.js';
import type { PreparedOperation } from '../../contract/operation.js';
import { isOwnerLost, NotOwnerError } from '../../database/refusals.js';
import { managerOf } from '../../database/transaction.js';
import { resumedContext, type SagaDriver } from './driver.js';
import { ModuleSagas, type Asked } from './module-sagas.js';
import type { SagaRecord } from './progress.js';
import { isPastPivot, register, type RegisteredSaga } from './registered.js';
import type { AnySaga } from './saga.js';
import { errorOf, StepFailure, type Steps } from './steps.js';
import type { SagaDefinition } from './operated.js';
import type { Stranded } from './stranded.js';
import { SagaTransactions } from './transactions.js';

const pollMs = 25;

/** What the first transaction of a process came to. */
type Begun =
  | { kind: 'answered'; answer: unknown; hit: boolean }
  /** Someone else works on the same command id. */
  | { kind: 'running' }
  | { kind: 'stored'; record: SagaRecord };

/** Runs processes: in one transaction while all is local, else as a stored saga. */
export class SagaEngine implements ProcessRunner {
  private readonly logger = new Logger(SagaEngine.name);
  /** The present definition of each process. */
  private readonly sagas = new Map<string, RegisteredSaga>();
  private readonly modules = new Map<string, ModuleSagas>();
  /** By module: why its sagas could not be looked up the last time. */
  private readonly notLookedUp = new Map<string, string>();
  private readonly inFlight = new Set<Promise<unknown>>();

  private readonly transactions: SagaTransactions;

  constructor(
    private readonly dataSource: DataSource,
    private readonly steps: Steps,
    private readonly driver: SagaDriver,
    acknowledger?: Acknowledger,
  ) {
    const replicates = (module: string) => steps.replicates(module);
    this.transactions = new SagaTransactions(dataSource, replicates, acknowledger, false);
  }

  register(operation: PreparedOperation, saga: AnySaga): void {
    const { module, name } = operation;
    const definitions = register(operation, saga);
    this.sagas.set(`${module}.${name}`, definitions[0]);
    const known = this.modules.get(module)?.entries ?? [];
    this.modules.set(module, new ModuleSagas(module, [...known, ...definitions]));
  }

  /** @throws {DomainError} what the failing step's module declared; then nothing of the process remains. */
  async run(operation: PreparedOperation, input: unknown, commandId: string): Promise<unknown> {
    const entry = this.sagas.get(`${operation.module}.${operation.name}`);
    if (!entry) throw new Error(`${operation.module}.${operation.name} has no saga`);
    const begun = await this.begin(entry, input, commandId);
    const id = { commandId, routingKey: operation.keysOf(input)[0] as string };
    if (begun.kind === 'answered') {
      if (begun.hit) await this.transactions.hit(entry, commandId, id.routingKey);
      return begun.answer;
    }
    if (begun.kind === 'running') return this.follow(entry, id);
    if (begun.record.status === 'waiting') return this.outcome(entry, begun.record);
    const ended = await this.track(this.driver.drive(entry, begun.record, false));
    return ended ? this.outcome(entry, ended) : this.follow(entry, id);
  }

  /** Works on sagas whose time has come, until each ends or has to wait. Returns how many there were. */
  async resumeDue(limit: number): Promise<number> {
    const taken = await this.takeUp(limit);
    await Promise.all(taken);
    return taken.length;
  }

  /**
   * Begins to work on sagas whose time has come. Returns the work on each; it does not fail. A module whose sagas cannot be looked up, for
   * its tables have gone, keeps the others from nothing.
   */
  async takeUp(limit: number): Promise<Promise<void>[]> {
    const taken: Promise<void>[] = [];
    for (const [module, sagas] of this.modules) {
      const look = sagas.takeDue(this.dataSource.manager, limit).then((due) => (this.looked(module), due));
      const due = await look.catch((error: unknown) => (this.looked(module, String(error)), []));
      taken.push(...due.map((record) => this.track(this.resume(sagas, record))));
    }
    return taken;
  }

  /** Sagas of a module that are due, and stand where this process knows no step. */
  async stranded(module: string, on: Asked = this.dataSource.manager): Promise<Stranded[]> {
    return (await this.modules.get(module)?.stranded(on)) ?? [];
  }

  /** What whoever steers sagas of the module has to know of their definitions. */
  definitions(module: string): SagaDefinition[] {
    return (this.modules.get(module)?.entries ?? []).map(({ process, steps, pivot }) => ({
      ...{ process, pivot },
      steps: steps.map(({ name, kind }) => ({ name, kind })),
    }));
  }

  get moduleNames(): string[] {
    return [...this.modules.keys()];
  }

  /** Resolves when no saga is being worked on here. */
  async idle(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.allSettled(this.inFlight);
  }

  /** Twice a second the same is said once. */
  private looked(module: string, error?: string): void {
    if (error !== undefined && error !== this.notLookedUp.get(module))
      this.logger.warn({ msg: 'sagas could not be looked up', module, error });
    if (error === undefined) this.notLookedUp.delete(module);
    else this.notLookedUp.set(module, error);
  }

  private async resume(sagas: ModuleSagas, record: SagaRecord): Promise<void> {
    const entry = sagas.entryOf(record) as RegisteredSaga;
    try {
      await withContext(resumedContext(record, sagas.module), () => this.driver.drive(entry, record, true));
    } catch (error) {
      if (isOwnerLost(error)) return;
      // Its lease runs out and it is taken up again.
      this.logger.error({ msg: 'saga could not go on', saga: record.id, error: String(error) });
    }
  }

  /**
   * The first transaction: claims the command id and runs the leading local steps. If those are all, the process is
   * over; else the saga is stored at the first step that it must run on its own or wait for.
   */
  private async begin(entry: RegisteredSaga, input: unknown, commandId: string): Promise<Begun> {
    // Once: what it makes up (an id) may decide who owns a step, so every attempt must go by the same.
    const first = entry.saga.begin(input) as object;
    let end = this.steps.localEnd(entry.steps, 0);
    for (let waits = false; ;) {
      try {
        return await this.beginUpTo(entry, { input, first, commandId }, end, waits);
      } catch (failure) {
        if (!(failure instanceof StepFailure)) throw failure;
        const { kind } = failure.result;
        if (kind !== 'wait' && kind !== 'elsewhere') throw failure.cause;
        // All was rolled back. Once more, up to the step that must wait, or that this side does not own, unless one
        // before it now fails.
        waits = kind === 'wait';
        end = failure.at;
      }
    }
  }

  private beginUpTo(
    entry: RegisteredSaga,
    { input, first, commandId }: { input: unknown; first: object; commandId: string },
    end: number,
    waits: boolean,
  ): Promise<Begun> {
    const { operation, saga, steps } = entry;
    const claim = claimOf(operation, input, { commandId, early: true });
    return this.transactions.run(entry, async (manager): Promise<Begun> => {
      const [earlier] = await beginCommand(manager, claim);
      if (earlier) return claimed(earlier);
      const state = await this.steps.together(entry, { from: 0, to: end }, first);
      if (waits) await saga.wait(state);
      const answer = end > entry.pivot ? await this.answer(entry, state) : undefined;
      if (answer !== undefined) await storeResults(manager, claim, [JSON.stringify(answer)]);
      if (end === steps.length) return { kind: 'answered', answer, hit: false };
      const routingKey = claim.keys[0] as string;
      return {
        kind: 'stored',
        record: await this.store(manager, entry, { commandId, routingKey, end, state, waits }),
      };
    });
  }

  private store(
    manager: EntityManager,
    entry: RegisteredSaga,
    at: { commandId: string; routingKey: string; end: number; state: object; waits: boolean },
  ): Promise<SagaRecord> {
    const saga = {
      id: uuidv7(),
      commandId: at.commandId,
      routingKey: at.routingKey,
      requestId: currentContext()?.requestId ?? '-',
      actor: currentContext()?.caller?.actor,
      status: at.waits ? ('waiting' as const) : ('running' as const),
      step: at.end,
      state: at.state,
      attempts: at.waits ? 1 : 0,
      answered: at.waits,
    };
    return entry.store.insert(manager, saga, at.waits ? 500 : entry.leaseMs);
  }

  /** What a saga that has come to rest says to its caller. */
  private async outcome(entry: RegisteredSaga, record: SagaRecord): Promise<unknown> {
    const over = record.status === 'compensating' || record.status === 'failed';
    if (over && !record.answered) {
      throw errorOf(record.error ?? { code: 'internal', message: 'the process failed', data: {} });
    }
    // Who was answered while it waited is answered again, as it stands now.
    if (over || record.status === 'waiting' || isPastPivot(entry, record)) {
      return this.answer(entry, record.state);
    }
    return this.follow(entry, record);
  }

  /** Waits for a saga that another call or process works on, until this call's deadline. */
  private async follow(
    entry: RegisteredSaga,
    id: Pick<SagaRecord, 'commandId' | 'routingKey'>,
  ): Promise<unknown> {
    const { module, name, timeoutMs } = entry.operation;
    const deadline = currentContext()?.deadline ?? performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      const record = await this.modules.get(module)?.find(managerOf(this.dataSource), id);
      // Its new owner carries it on, and answers.
      if (record && record.owned === false) throw new NotOwnerError(module);
      // Begun with another definition, it is carried on by that. What nobody here knows, another process answers.
      const own = record?.entry;
      if (record && own && (record.status !== 'running' || isPastPivot(own, record))) {
        await this.transactions.hit(own, id.commandId, id.routingKey);
        return this.outcome(own, record);
      }
      await sleep(pollMs);
    }
    throw new OutcomeUnknownError(module, name, id.commandId);
  }

  private async answer({ operation, saga }: RegisteredSaga, state: object): Promise<unknown> {
    return operation.output.pick(await saga.answer(state));
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.inFlight.add(work);
    try {
      return await work;
    } finally {
      this.inFlight.delete(work);
    }
  }
}

const claimed = (earlier: Earlier): Begun =>
  earlier.state === 'done'
    ? { kind: 'answered', answer: JSON.parse(earlier.result) as unknown, hit: true }
    : { kind: 'running' };
