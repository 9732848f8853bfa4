import { DomainError, type Contract, isDomainError } from '#contracts';
import { Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { currentContext } from './context.js';
import { hide } from './failure.js';
import { beginCommand, inputHash, storeResult, type CommandIdentity } from './idempotency.js';
import { prepare, type PreparedOperation } from './operation.js';
import { inTransaction } from './transaction.js';

/** A module's own code: one function an operation. */
export type Handler = (input: unknown) => Promise<unknown>;

/** Runs processes; they span modules, so they need more than one module's executor. */
export interface ProcessRunner {
  run(operation: PreparedOperation, input: unknown, commandId: string): Promise<unknown>;
}

/**
 * Runs a module's operations, wherever the module lives and however the call arrived: the same validation, transaction,
 * idempotency and errors for a call inside the process and one over NATS.
 */
export class Executor {
  private readonly logger = new Logger(Executor.name);
  private readonly operations: ReadonlyMap<string, PreparedOperation>;

  constructor(
    readonly contract: Contract,
    private readonly handlers: Readonly<Record<string, Handler>>,
    private readonly dataSource: DataSource,
    private readonly processes: ProcessRunner,
    /** Operations with effects outside the database (a real payment provider), which no rollback takes back. */
    private readonly external: ReadonlySet<string> = new Set(),
  ) {
    this.operations = prepare(contract);
  }

  /**
   * Runs one operation. `commandId` makes a command or process idempotent; without one it gets its own.
   * @throws {DomainError} with a code that the contract declares or one of the transport's; nothing else gets out.
   */
  async execute(name: string, raw: unknown, commandId?: string): Promise<unknown> {
    const operation = this.operation(name);
    const id = operation.kind === 'query' ? '' : (commandId ?? uuidv7());
    try {
      const input = operation.input.parse(raw);
      return operation.output.pick(await this.run(operation, input, id));
    } catch (error) {
      if (isDomainError(error) && operation.declares(error.code)) throw error;
      // A step of a process: its owner must see what it was, to roll back or to run the whole again.
      if (currentContext()?.transaction && !isDomainError(error)) throw error;
      throw hide(error, this.logger, operation, id);
    }
  }

  /** Whether the operation has effects outside the database: it must not share another's transaction. */
  isExternal(name: string): boolean {
    return this.external.has(name);
  }

  private run(operation: PreparedOperation, input: unknown, id: string): Promise<unknown> {
    if (operation.kind === 'query') return this.handle(operation, input);
    // A step of a process (the router lets nothing else in): the transaction and the claim are the process's own.
    if (currentContext()?.transaction) return this.handle(operation, input);
    if (operation.kind === 'process') return this.processes.run(operation, input, id);
    return this.command(operation, input, id);
  }

  private command(operation: PreparedOperation, input: unknown, commandId: string): Promise<unknown> {
    const { module } = operation;
    const id = {
      module,
      commandId,
      keys: operation.keysOf(input),
      hash: inputHash(operation, input),
    };
    return inTransaction(this.dataSource, module, (manager) => this.once(manager, operation, input, id));
  }

  private async once(
    manager: EntityManager,
    operation: PreparedOperation,
    input: unknown,
    id: CommandIdentity,
  ): Promise<unknown> {
    const claim = await beginCommand(manager, id);
    if (claim.state === 'done') return JSON.parse(claim.result) as unknown;
    const result = operation.output.pick(await this.handle(operation, input));
    await storeResult(manager, id, JSON.stringify(result));
    return result;
  }

  private handle(operation: PreparedOperation, input: unknown): Promise<unknown> {
    return (this.handlers[operation.name] as Handler)(input);
  }

  private operation(name: string): PreparedOperation {
    const operation = this.operations.get(name);
    if (!operation) throw new DomainError('internal', {}, `${this.contract.name} has no operation ${name}`);
    return operation;
  }
}
