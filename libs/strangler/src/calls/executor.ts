import { outcomeOf, type FinishedCall } from './call-observer.js';
import { type Contract } from '../contract/contract.js';
import {
  CommandUndoneError,
  DomainError,
  ForbiddenError,
  isDomainError,
  OutcomeUnknownError,
} from '../contract/errors.js';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Acknowledger } from '../database/acknowledger.js';
import { listedIn, refusalOf, type CallLists } from './may-ask.js';
import { actingAs, currentContext, withContext, type CallContext } from '../database/context.js';
import { ExternalCalls, type ExternalCall, type Settle } from './external.js';
import { spanOf } from './call-span.js';
import { handleTogether, handlingOf, type EventCommand } from './events/handle-together.js';
import { hide } from '../database/failure.js';
import { claimOf } from './idempotency.js';
import { intend } from './intent.js';
import { cancelOnce, runOnce, type Done } from './once.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import type { ReadGuard } from './read-guard.js';
import { isForRouter, isUnproven, ownerRefusal } from '../database/refusals.js';
import { traced, tracer } from '../database/tracing.js';
import { rolledBack } from '../database/rolled-back.js';
import type { Side } from '../routes/phase.js';
import { inTransaction, managerOf } from '../database/transaction.js';
import { rehearse, type Rehearsed } from './rehearsal/rehearsal.js';

/** A module's own code: one function an operation. */
export type Handler = (input: unknown, prepared?: unknown) => Promise<unknown>;

/**
 * What a command needs that takes long and needs no transaction (the hash of a password). It runs before the transaction,
 * once however often that starts anew; so it must change nothing. What it finds out about stored rows is for the
 * transaction to check and to refuse: who comes again with the same command id is answered from what was stored.
 */
export type Preparation = (input: unknown) => Promise<unknown>;

/** Runs processes; they span modules, so they need more than one module's executor. */
export interface ProcessRunner {
  run(operation: PreparedOperation, input: unknown, commandId: string): Promise<unknown>;
}

/** What an executor works with once its module may move. */
export interface ExecutorOptions {
  /** The calls of commands with effects outside the database, which no rollback takes back; by the name of the command. */
  external?: ReadonlyMap<string, ExternalCall>;
  /** Needed for those. */
  settle?: Settle;
  /** By the name of the command. */
  prepare?: ReadonlyMap<string, Preparation>;
  /** Checks that queries are answered by the owner; left out: nothing of the module ever moves. */
  guard?: ReadGuard | undefined;
  acknowledger?: Acknowledger | undefined;
  /** What modules and programs may call; left out: each may call all that is open to whom it acts for. */
  lists?: CallLists | undefined;
  /** The database of this side has to prove itself; whether it has. */
  prove?: ((module: string) => Promise<boolean>) | undefined;
}

/** What may be said of a call beside its input and command id. */
export interface ExecuteOptions {
  /** The command that this one takes back. */
  undoOf?: string | undefined;
  /** Not to be carried out, but refused from now on unless it has been done. */
  cancel?: boolean | undefined;
  /** Part of the open transaction of a process. */
  step?: boolean;
  /** The router of this process has parsed the input by the operation's rules. What comes from elsewhere is parsed here. */
  parsed?: boolean | undefined;
  /**
   * Goes on where this side cannot: its answer is the call's. Given here, because a router that waits for the answer to
   * look at it makes each call slower.
   */
  redirect?: (refusal: DomainError, commandId: string) => Promise<unknown>;
  /** Told how it has ended, for the same reason; not when it goes on elsewhere. Must not throw. */
  ended?: ((outcome: FinishedCall['outcome'], result?: unknown) => void) | undefined;
}

const plain: ExecuteOptions = {};

/**
 * Runs a module's operations, wherever the module lives and however the call arrived: the same validation, transaction,
 * idempotency and errors for a call inside the process and one over NATS.
 *
 * @internal
 */
export class Executor {
  private readonly logger = new Logger(Executor.name);
  private readonly operations: ReadonlyMap<string, PreparedOperation>;
  private readonly outside: ExternalCalls;
  private readonly isListed: (program: string, operation: string) => boolean;

  /** @throws when a command names a `result` and has no call, or has a call and names none. */
  constructor(
    readonly contract: Contract,
    private readonly handlers: Readonly<Record<string, Handler>>,
    private readonly dataSource: DataSource,
    private readonly processes: ProcessRunner,
    private readonly options: ExecutorOptions = {},
  ) {
    this.operations = prepare(contract);
    this.isListed = listedIn(options.lists, contract);
    const { external = new Map<string, ExternalCall>(), settle = unrouted } = options;
    const odd = [...this.operations.values()].find((each) => !each.result() === external.has(each.name));
    if (odd) throw new Error(`${odd.module}.${odd.name}: an external call and a result belong together`);
    this.outside = new ExternalCalls(external, settle);
  }

  /**
   * Runs one operation. `commandId` makes a command or process idempotent; without one it gets its own.
   * @throws {DomainError} with a code that the contract declares or one of the transport's; nothing else gets out, but to
   * a router: that this side is not the one.
   */
  execute(name: string, raw: unknown, commandId?: string, how: ExecuteOptions = plain): Promise<unknown> {
    const by = tracer();
    const operation = by && this.operations.get(name);
    return by && operation
      ? traced(by, spanOf('execute', operation), () => this.carryOut(name, raw, commandId, how))
      : this.carryOut(name, raw, commandId, how);
  }

  private async carryOut(
    name: string,
    raw: unknown,
    commandId: string | undefined,
    how: ExecuteOptions,
  ): Promise<unknown> {
    const operation = this.operation(name);
    const id = operation.kind === 'query' ? '' : (commandId ?? uuidv7());
    try {
      const context = currentContext();
      let input: unknown = how.parsed ? raw : undefined;
      const parsed = () => (input ??= operation.input.parse(understood(operation, raw)));
      this.admit(operation, parsed, context);
      const work = () => this.run(operation, parsed(), id, how);
      const ran =
        context && context.caller?.program !== operation.module
          ? withContext(this.acting(context), work)
          : work();
      const output = operation.output.pick(await ran);
      how.ended?.('ok', output);
      return output;
    } catch (error) {
      const shown = this.shown(error, operation, id);
      // Who goes on tries here again: shared by all that wait, it takes some milliseconds.
      if (isUnproven(shown)) await this.options.prove?.(operation.module);
      if (how.redirect && isForRouter(shown)) return how.redirect(shown, id);
      how.ended?.(outcomeOf(shown));
      throw shown;
    }
  }

  /** @throws {ForbiddenError} unless whoever asks may have it. This process's own code, which nobody has asked, may. */
  private admit(operation: PreparedOperation, input: () => unknown, context: CallContext | undefined): void {
    const caller = context?.caller;
    const why = caller && refusalOf(operation, input, caller, this.isListed);
    if (why) throw new ForbiddenError(why);
  }

  /** What the module's code calls, it calls as this module, on behalf of whoever has asked it. */
  private acting(context: CallContext): CallContext {
    const { name: program } = this.contract;
    return actingAs({ program, as: 'module', actor: context.caller?.actor }, context);
  }

  /** Whether the operation does something outside of its transaction: it must not share another's. */
  isExternal(name: string): boolean {
    return this.operation(name).result() !== undefined || (this.options.prepare?.has(name) ?? false);
  }

  /**
   * Runs a command once more, as if its keys were this side's, and takes it back: nothing of it stays, and nobody is told. Never rejects: what
   * goes wrong is an outcome, and a fault stands in the log.
   */
  rehearse(name: string, raw: unknown): Promise<Rehearsed> {
    const operation = this.operation(name);
    const asked = currentContext() ?? { requestId: '-', servedBy: new Map<string, Side>() };
    return rehearse(operation, this.acting(asked), async () => {
      const input = operation.input.parse(raw);
      this.admit(operation, () => input, asked);
      const prepared = await this.options.prepare?.get(name)?.(input);
      const handle = () => this.handle(operation, input, prepared);
      operation.output.pick(await rolledBack(this.dataSource, operation.module, handle));
    });
  }

  /** Runs commands for events, of one key each, in one transaction. @throws what any of them throws: then none was done. */
  together(commands: readonly EventCommand[]): Promise<void> {
    const { name: module } = this.contract;
    const handlings = commands.map((command) => {
      const { operation, input: raw, context } = command;
      const input = operation.input.parse(understood(operation, raw));
      this.admit(operation, () => input, context);
      return handlingOf({ ...command, context: this.acting(context) }, input, () =>
        this.handle(operation, input),
      );
    });
    return handleTogether(this.dataSource, module, handlings, this.options.acknowledger);
  }

  /** The error as the caller may see it. */
  private shown(error: unknown, operation: PreparedOperation, id: string): unknown {
    if (isForRouter(error) || (isDomainError(error) && operation.declares(error.code))) return error;
    // A step of a process: its owner must see what it was, to roll back or to run the whole again.
    if (currentContext()?.transaction && !isDomainError(error)) return error;
    return ownerRefusal(error, operation.module) ?? hide(error, this.logger, operation, id);
  }

  private run(
    operation: PreparedOperation,
    input: unknown,
    id: string,
    how: ExecuteOptions,
  ): Promise<unknown> {
    // Its transaction and claim are the process's own. (The router lets no other command into a transaction.)
    if (how.step) return this.step(operation, input);
    if (operation.kind === 'query') return this.query(operation, input);
    if (operation.kind === 'process') return this.processes.run(operation, input, id);
    if (how.cancel) return this.cancel(operation, input, id);
    return operation.result()
      ? this.external(operation, input, id, how.undoOf)
      : this.command(operation, input, id, how.undoOf);
  }

  private query(operation: PreparedOperation, input: unknown): Promise<unknown> {
    const { guard } = this.options;
    if (!guard || currentContext()?.shadow) return this.handle(operation, input);
    const work = () => this.handle(operation, input);
    return guard.checked(operation, input, managerOf(this.dataSource), work);
  }

  private async step(operation: PreparedOperation, input: unknown): Promise<unknown> {
    const { kind, reads, module } = operation;
    const { guard } = this.options;
    if (kind === 'query' && (!guard || reads === 'any' || guard.standsStill(module))) {
      return this.query(operation, input);
    }
    // Owned from here to the end of the transaction.
    await managerOf(this.dataSource).query('select strangler.assert_owner($1, $2)', [
      module,
      operation.keysOf(input),
    ]);
    return this.handle(operation, input);
  }

  private async command(
    operation: PreparedOperation,
    input: unknown,
    commandId: string,
    undoOf: string | undefined,
  ): Promise<unknown> {
    const { module } = operation;
    const claim = claimOf(operation, input, { commandId, undoOf });
    const prepared = await this.options.prepare?.get(operation.name)?.(input);
    const done = await inTransaction(this.dataSource, module, (manager) =>
      runOnce(manager, operation, input, claim, (part) => this.handle(operation, part, prepared)),
    );
    await this.acknowledged(operation, commandId, done);
    return done.output;
  }

  /** Intent, call, result: between the two transactions nothing is held, no connection, no row and no key. */
  private external(
    operation: PreparedOperation,
    input: unknown,
    commandId: string,
    undoOf: string | undefined,
  ): Promise<unknown> {
    const claim = claimOf(operation, input, { commandId, undoOf, early: true });
    const asked = { commandId, input: claim.hashes[0]!.toString('base64') };
    return this.outside.joined(operation, asked, async () => {
      const intent = await inTransaction(this.dataSource, operation.module, (manager) =>
        intend(manager, operation, claim, () => this.handle(operation, input)),
      );
      if (intent.kind === 'due') return this.outside.complete(operation, input, commandId);
      await this.acknowledged(operation, commandId, intent);
      return intent.output;
    });
  }

  private async cancel(operation: PreparedOperation, input: unknown, commandId: string): Promise<unknown> {
    const claim = claimOf(operation, input, { commandId });
    const done = await inTransaction(this.dataSource, operation.module, (manager) =>
      cancelOnce(manager, operation, input, claim),
    );
    await this.acknowledged(operation, commandId, done);
    if (done.hits.length < claim.keys.length) throw new CommandUndoneError();
    return done.output;
  }

  private async acknowledged(
    { module, name }: PreparedOperation,
    commandId: string,
    { rows, hits }: Done,
  ): Promise<void> {
    const { acknowledger } = this.options;
    try {
      if (acknowledger && rows.ids.length > 0) await acknowledger.afterCommit(module, rows);
      if (acknowledger && hits.length > 0) await acknowledger.onHit(module, commandId, hits);
    } catch {
      throw new OutcomeUnknownError(module, name, commandId);
    }
  }

  private handle(operation: PreparedOperation, input: unknown, prepared?: unknown): Promise<unknown> {
    return (this.handlers[operation.name] as Handler)(input, prepared);
  }

  private operation(name: string): PreparedOperation {
    const operation = this.operations.get(name);
    if (!operation) throw new DomainError('internal', {}, `${this.contract.name} has no operation ${name}`);
    return operation;
  }
}

/** Of an event, whose publisher may be of a later release, the fields that this one knows; else all of it, so that what nobody knows is refused. */
export const understood = ({ on, input }: PreparedOperation, raw: unknown): unknown =>
  on === undefined ? raw : (input.pick(raw) ?? raw);

const unrouted: Settle = () => Promise.reject(new Error('nobody takes results of calls outside'));
