import type { Contract } from '../contract/contract.js';
import { UnavailableError, type DomainError } from '../contract/errors.js';
import { v7 as uuidv7 } from 'uuid';
import type { CallObserver } from './call-observer.js';
import { currentContext, type CallContext } from '../database/context.js';
import type { EventCommand } from './events/handle-together.js';
import type { LocalModules } from './local-modules.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import type { Side } from '../routes/phase.js';
import { OwnerRetry, type PursuedCall } from './owner-retry.js';
import type { CallOptions, Port } from './ports.js';
import { isForRouter } from '../database/refusals.js';
import { traced, tracer } from '../database/tracing.js';
import { NotRehearsedError, type Rehearsed } from './rehearsal/rehearsal.js';
import { ownerOf, partsOf, sideFor, type Asker } from '../routes/route.js';
import { policyOf, type RouteEntry, type Routes } from '../routes/routes.js';
import { spanOf } from './call-span.js';
import { SideCalls, type CommandOptions, type RemoteCalls } from './side-calls.js';

/** How long a call in a process that has just started waits until it is known where modules are served, in ms. */
const learnMs = 1_000;

/** Who asks where there is no request: each call has an id of its own, so that reads are spread over the copies. */
const nobody: Asker = {
  get requestId() {
    return uuidv7();
  },
};

/**
 * Sends every call to where its module is served now. Its routes are hints: a side that is not the owner says so, and the
 * call goes on to the other one, later if need be, under the same command id.
 *
 * @internal
 */
export class Router {
  private readonly sides: SideCalls;

  constructor(
    private readonly routes: Routes,
    private readonly modules: LocalModules,
    remote: RemoteCalls,
    observer?: CallObserver,
  ) {
    this.sides = new SideCalls(modules, remote, routes, observer);
  }

  /** The port of a contract. */
  port<C extends Contract>(contract: C): Port<C> {
    const methods = [...prepare(contract)].map(([name, operation]) => [
      name,
      (input: unknown, options: CallOptions = {}) => this.call(operation, input, options),
    ]);
    return Object.fromEntries(methods) as Port<C>;
  }

  /**
   * Whether the operation is served in this process now and all its effects are in the database's transaction. Without
   * an input: whether it may be so, once its keys are known.
   */
  isTransactional(operation: PreparedOperation, input?: unknown): boolean {
    const { module, name } = operation;
    const entry = this.routes.entryOf(module);
    if (!entry || !this.modules.hosts(module) || this.modules.executor(module).isExternal(name)) return false;
    const side = sideFor(entry, operation, askerOf(currentContext()));
    if (side !== undefined) return side === this.modules.side;
    return (
      input === undefined ||
      keysIn(operation, input).every((key) => ownerOf(entry, module, key) === this.modules.side)
    );
  }

  /** Whether changes of the module are sent to another side now. */
  replicates(module: string): boolean {
    const entry = this.routes.entryOf(module);
    return entry === undefined || policyOf(entry).replicates.length > 0;
  }

  /** Runs an operation in this process, in the open transaction of a process. */
  executeHere({ module, name }: PreparedOperation, input: unknown): Promise<unknown> {
    if (this.modules.side) currentContext()?.servedBy.set(module, this.modules.side);
    return this.modules.executor(module).execute(name, input, undefined, { step: true });
  }

  /** Sends one call to where its module is served. @throws {DomainError} as the contract declares. */
  call(operation: PreparedOperation, input: unknown, options: CommandOptions): Promise<unknown> {
    const by = tracer();
    return by
      ? traced(by, spanOf('call', operation), () => this.route(operation, input, options))
      : this.route(operation, input, options);
  }

  private route(operation: PreparedOperation, input: unknown, options: CommandOptions): Promise<unknown> {
    const entry = this.routes.entryOf(operation.module);
    // Not `async` where there is nothing to wait for: that alone costs a tenth of a call inside the process.
    return entry ? this.send(entry, operation, input, options) : this.learnAndSend(operation, input, options);
  }

  /** Runs commands for events of a module that {@link isTransactional} here, in one transaction. @throws what any of them throws: then none was done. */
  together(module: string, commands: readonly EventCommand[]): Promise<void> {
    return this.sides.together(module, commands);
  }

  /** Asks one side, past all routing and whoever the owner is, only to compare. */
  askSide(operation: PreparedOperation, side: Side, input: unknown): Promise<unknown> {
    return this.sides.ask(operation, side, input);
  }

  /** Has a command rehearsed on one side, whoever the owner is. @throws when it could not be asked. */
  rehearse(operation: PreparedOperation, side: Side, input: unknown): Promise<Rehearsed> {
    return this.sides.rehearse(operation, side, input);
  }

  private async learnAndSend(
    operation: PreparedOperation,
    input: unknown,
    options: CommandOptions,
  ): Promise<unknown> {
    const { module } = operation;
    const entry = await this.routes.learn(module, learnMs);
    if (entry) return this.send(entry, operation, input, options);
    throw new UnavailableError(module, `this process has not heard yet where ${module} is served`);
  }

  private send(
    entry: RouteEntry,
    operation: PreparedOperation,
    input: unknown,
    options: CommandOptions,
  ): Promise<unknown> {
    const context = currentContext();
    const now = performance.now();
    const refused = context && refusal(operation, context, now);
    if (refused) return Promise.reject(refused);
    const side = sideFor(entry, operation, askerOf(context));
    const call = callOf(operation, input, options, now);
    return side === undefined ? this.sendToOwners(entry, call) : this.sendTo(call, side);
  }

  /** On that side; where it is not the owner, on from there. */
  private sendTo(call: PursuedCall, side: Side): Promise<unknown> {
    const goOn = (error: DomainError) => this.pursuitOf(call).after(side, error);
    if (this.sides.isHere(call.operation.module, side)) return this.sides.executeHere(call, side, goOn);
    return this.sides.attempt(call, side, call.input).catch((error: unknown) => {
      if (!isForRouter(error)) throw error;
      return goOn(error);
    });
  }

  private async sendToOwners(entry: RouteEntry, asked: PursuedCall): Promise<unknown> {
    const call = parsedCall(asked);
    const { operation } = call;
    const parts = partsOf(entry, operation.module, operation.keysOf(call.input));
    const [first, ...others] = parts;
    if (!first || others.length > 0) return this.pursuitOf(call).inParts(parts);
    return this.sendTo(call, first.side);
  }

  private pursuitOf(call: PursuedCall): OwnerRetry {
    const { operation, commandId } = call;
    const parsed = parsedCall(call);
    return new OwnerRetry(parsed, {
      attempt: (side, part) => this.sides.attempt(parsed, side, part),
      refresh: () => this.routes.refresh(),
      cancel: (part) => this.call(operation, part, { commandId, cancel: true }),
      undo: (undoing, part, undo) => this.call(undoing, part, undo),
    });
  }
}

const callOf = (
  operation: PreparedOperation,
  input: unknown,
  options: CommandOptions,
  startedAt: number,
): PursuedCall => ({
  operation,
  input,
  commandId: operation.kind === 'query' ? '' : (options.commandId ?? uuidv7()),
  undoOf: options.undoOf,
  cancel: options.cancel,
  startedAt,
});

/** The same with its input parsed: once, however many sides are tried. @throws {ValidationError} */
const parsedCall = (call: PursuedCall): PursuedCall & { parsed: true } =>
  call.parsed
    ? (call as PursuedCall & { parsed: true })
    : { ...call, input: call.operation.input.parse(call.input), parsed: true };

const askerOf = (context: CallContext | undefined): Asker => context ?? nobody;

/** The keys of an input; none of one that its owner will refuse. */
function keysIn(operation: PreparedOperation, input: unknown): readonly string[] {
  try {
    return operation.keysOf(operation.input.parse(input));
  } catch {
    return [];
  }
}

/** Why a call must not be made in this context, if so. */
function refusal(
  { module, kind, name }: PreparedOperation,
  context: CallContext,
  now: number,
): Error | undefined {
  if (context.rehearsal) {
    context.rehearsal.called ??= `${module}.${name}`;
    return new NotRehearsedError(`${module}.${name}`);
  }
  if (context.transaction && kind !== 'query') {
    // Here it could join; on the other side it could not be rolled back. So it is refused in both.
    return new Error(`${module}.${name} was called inside a transaction: make that a process`);
  }
  if (context.deadline !== undefined && context.deadline <= now) {
    return new UnavailableError(module, 'the deadline of this call has passed');
  }
  return undefined;
}
