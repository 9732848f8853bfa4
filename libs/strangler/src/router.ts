import { UnavailableError, type Contract, type InputOf, type OutputOf } from '#contracts';
import { currentContext, type CallContext } from './context.js';
import type { LocalModules } from './here.js';
import { prepare, type PreparedOperation } from './operation.js';
import { planCall } from './route.js';
import type { Routes } from './routes.js';
import type { Phase, Side } from './phase.js';

/** How long a call in a process that has just started waits until it is known where modules are served, in ms. */
const learnMs = 1_000;

/** What a caller may say beside the input. */
export interface CallOptions {
  /** Makes a repeated command or process take effect once. Required to retry one whose outcome is unknown. */
  commandId?: string;
}

/** The typed client of a contract: what every consumer injects. It does not show where the module is served. */
export type Port<C extends Contract> = {
  [K in keyof C['operations']]: (
    input: InputOf<C['operations'][K]>,
    options?: CallOptions,
  ) => Promise<OutputOf<C['operations'][K]>>;
};

/** Carries a call to a module that is served by another process. */
export interface RemoteCalls {
  call(operation: PreparedOperation, side: Side, input: unknown, options: CallOptions): Promise<unknown>;
}

/** Sends every call to where its module is served now. */
export class Router {
  constructor(
    private readonly routes: Routes,
    private readonly modules: LocalModules,
    private readonly remote: RemoteCalls,
  ) {}

  /** The port of a contract. */
  port<C extends Contract>(contract: C): Port<C> {
    const methods = [...prepare(contract)].map(([name, operation]) => [
      name,
      (input: unknown, options: CallOptions = {}) => this.call(operation, input, options),
    ]);
    return Object.fromEntries(methods) as Port<C>;
  }

  /** Whether the operation is served in this process now and all its effects are in the database's transaction. */
  isTransactional({ module, kind, name }: PreparedOperation): boolean {
    const phase = this.routes.phaseOf(module);
    if (phase === undefined || !planCall(phase, kind, module, this.modules).local) return false;
    return !this.modules.executor(module).isExternal(name);
  }

  /** Runs an operation in this process, in the open transaction of a process. */
  executeHere({ module, name }: PreparedOperation, input: unknown): Promise<unknown> {
    if (this.modules.side) currentContext()?.servedBy.set(module, this.modules.side);
    return this.modules.executor(module).execute(name, input);
  }

  /** Sends one call to where its module is served. @throws {DomainError} as the contract declares. */
  call(operation: PreparedOperation, input: unknown, options: CallOptions): Promise<unknown> {
    const phase = this.routes.phaseOf(operation.module);
    // Not `async` where there is nothing to wait for: that alone costs a tenth of a call inside the process.
    return phase ? this.send(phase, operation, input, options) : this.learnAndSend(operation, input, options);
  }

  private async learnAndSend(
    operation: PreparedOperation,
    input: unknown,
    options: CallOptions,
  ): Promise<unknown> {
    const { module } = operation;
    const phase = await this.routes.learn(module, learnMs);
    if (phase) return this.send(phase, operation, input, options);
    throw new UnavailableError(module, `this process has not heard yet where ${module} is served`);
  }

  private send(
    phase: Phase,
    operation: PreparedOperation,
    input: unknown,
    options: CallOptions,
  ): Promise<unknown> {
    const { module, kind, name } = operation;
    const context = currentContext();
    const refused = context && refusal(operation, context);
    if (refused) return Promise.reject(refused);
    const { side, local } = planCall(phase, kind, module, this.modules);
    context?.servedBy.set(module, side);
    return local
      ? this.modules.executor(module).execute(name, input, options.commandId)
      : this.remote.call(operation, side, input, options);
  }
}

/** Why a call must not be made in this context, if so. */
function refusal({ module, kind, name }: PreparedOperation, context: CallContext): Error | undefined {
  if (context.transaction && kind !== 'query') {
    // Here it could join; on the other side it could not be rolled back. So it is refused in both.
    return new Error(`${module}.${name} was called inside a transaction: make that a process`);
  }
  if (context.deadline !== undefined && context.deadline <= Date.now()) {
    return new UnavailableError(module, 'the deadline of this call has passed');
  }
  return undefined;
}
