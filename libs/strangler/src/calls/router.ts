import { type Contract, type InputOf, type OutputOf } from '../contract/contract.js';
import { UnavailableError } from '../contract/errors.js';
import { v7 as uuidv7 } from 'uuid';
import { outcomeOf, type CallObserver, type FinishedCall } from './call-observer.js';
import { currentContext, withContext, type CallContext } from '../database/context.js';
import type { LocalModules } from './local-modules.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import type { Side } from '../routes/phase.js';
import { OwnerRetry, type PursuedCall } from './owner-retry.js';
import { isForRouter, isOwnerLost, UnservedError } from '../database/refusals.js';
import { NotRehearsedError, type Rehearsed } from './rehearsal/rehearsal.js';
import { ownerOf, partsOf, sideFor, type Asker } from '../routes/route.js';
import { policyOf, type RouteEntry, type Routes } from '../routes/routes.js';

/** How long a call in a process that has just started waits until it is known where modules are served, in ms. */
const learnMs = 1_000;
/** How long a rehearsal is waited for, in ms, with the way there. */
const rehearsalMs = 2_000;

/**
 * What a caller may say beside the input.
 *
 * @example
 * ```ts
 * const options: CallOptions = { commandId: '0190a7d2-…' }; // of the client's header Idempotency-Key, for instance
 * ```
 */
export interface CallOptions {
  /** Makes a repeated command or process take effect once. Required to retry one whose outcome is unknown. */
  commandId?: string | undefined;
  /** The command id of what this command takes back: that one is refused from now on, also where it never came. */
  undoOf?: string | undefined;
}

/** What a router may say beside that. */
export interface CommandOptions extends CallOptions {
  /**
   * Do not carry the command out: where it has been done, answer as then; else it is refused from now on, with
   * `command_undone`.
   */
  cancel?: boolean | undefined;
}

/** What travels with a call to another process, beside its input and its context. */
export interface RemoteOptions extends CommandOptions {
  /** The input was parsed by the operation's rules on its way here. */
  parsed?: boolean | undefined;
  /** Headers of the request that decide on cohorts; they travel on. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Do not carry the command out, but try it, and answer how that ended. */
  rehearse?: boolean | undefined;
}

/**
 * The typed client of a contract: what every consumer injects. It does not show where the module is served, as a component of ServiceWeaver
 * does not. Each method throws the errors that its operation declares, and those of {@link transportCodes}.
 *
 * @example
 * ```ts
 * const total = async (of: Port<typeof orders>, id: string) => (await of.get({ id })).quantity;
 * ```
 */
export type Port<C extends Contract> = {
  [K in keyof C['operations']]: (
    input: InputOf<C['operations'][K]>,
    options?: CallOptions,
  ) => Promise<OutputOf<C['operations'][K]>>;
};

/**
 * Carries a call to a module that is served by another process.
 *
 * @internal
 */
export interface RemoteCalls {
  call(operation: PreparedOperation, side: Side, input: unknown, options: RemoteOptions): Promise<unknown>;
}

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
  constructor(
    private readonly routes: Routes,
    private readonly modules: LocalModules,
    private readonly remote: RemoteCalls,
    private readonly observer?: CallObserver,
  ) {}

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
    const entry = this.routes.entryOf(operation.module);
    // Not `async` where there is nothing to wait for: that alone costs a tenth of a call inside the process.
    return entry ? this.send(entry, operation, input, options) : this.learnAndSend(operation, input, options);
  }

  /** Asks one side, past all routing and whoever the owner is, only to compare. */
  askSide(operation: PreparedOperation, side: Side, input: unknown): Promise<unknown> {
    const requestId = currentContext()?.requestId ?? 'shadow';
    return withContext({ requestId, shadow: true, servedBy: new Map() }, () =>
      this.carry(operation, side, input, {}),
    );
  }

  /** Has a command rehearsed on one side, whoever the owner is. @throws when it could not be asked. */
  rehearse(operation: PreparedOperation, side: Side, input: unknown): Promise<Rehearsed> {
    const { module, name } = operation;
    const deadline = performance.now() + rehearsalMs;
    return withContext({ requestId: 'rehearsal', deadline, servedBy: new Map() }, async () =>
      this.isHere(module, side)
        ? this.modules.executor(module).rehearse(name, input)
        : ((await this.remote.call(operation, side, input, { rehearse: true })) as Rehearsed),
    );
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
    const refused = context && refusal(operation, context);
    if (refused) return Promise.reject(refused);
    const side = sideFor(entry, operation, askerOf(context));
    if (side === undefined) return this.sendToOwners(entry, operation, input, options);
    const call = callOf(operation, input, options);
    return this.isHere(operation.module, side) ? this.executeLocally(call, side) : this.sendTo(call, side);
  }

  /** The way to a module in this process, whose executor does what the router would wait for. */
  private executeLocally(call: PursuedCall, side: Side): Promise<unknown> {
    const { operation, input, commandId, undoOf, cancel } = call;
    currentContext()?.servedBy.set(operation.module, side);
    return this.modules.executor(operation.module).execute(operation.name, input, commandId, {
      ...{ undoOf, cancel, parsed: call.parsed },
      redirect: (error) => this.pursuitOf(call).after(side, error),
      ended: this.observer && ((outcome, result) => this.observed(call, side, input, outcome, result)),
    });
  }

  /** The way to a module that another process serves, where it costs more than a promise. */
  private sendTo(call: PursuedCall, side: Side): Promise<unknown> {
    return this.attempt(call, side, call.input).catch((error: unknown) => {
      if (!isForRouter(error)) throw error;
      return this.pursuitOf(call).after(side, error);
    });
  }

  private async sendToOwners(
    entry: RouteEntry,
    operation: PreparedOperation,
    raw: unknown,
    options: CommandOptions,
  ): Promise<unknown> {
    const call = parsedCall(callOf(operation, raw, options));
    const parts = partsOf(entry, operation.module, operation.keysOf(call.input));
    const [first, ...others] = parts;
    if (!first || others.length > 0) return this.pursuitOf(call).inParts(parts);
    const { side } = first;
    return this.isHere(operation.module, side) ? this.executeLocally(call, side) : this.sendTo(call, side);
  }

  private pursuitOf(call: PursuedCall): OwnerRetry {
    const { operation, commandId } = call;
    const parsed = parsedCall(call);
    return new OwnerRetry(parsed, {
      attempt: (side, part) => this.attempt(parsed, side, part),
      refresh: () => this.routes.refresh(),
      cancel: (part) => this.call(operation, part, { commandId, cancel: true }),
      undo: (undoing, part, undo) => this.call(undoing, part, undo),
    });
  }

  /** One try on one side, of the whole input or of a part of it. @throws what the side says, also that it is not the owner. */
  private attempt(call: PursuedCall, side: Side, input: unknown): Promise<unknown> {
    const { operation, commandId, undoOf, cancel } = call;
    const parsed = call.parsed && input === call.input;
    const how = operation.kind === 'query' ? { parsed } : { commandId, undoOf, cancel, parsed };
    const asked = this.reach(operation, side, input, how);
    if (!this.observer) return asked;
    return asked.then(
      (result) => {
        this.observed(call, side, input, 'ok', result);
        return result;
      },
      (error: unknown) => {
        if (!isForRouter(error)) this.observed(call, side, input, outcomeOf(error));
        throw error;
      },
    );
  }

  /** Tells the observer how a call has ended. */
  private observed(
    { operation, startedAt, undoOf, cancel }: PursuedCall,
    side: Side,
    input: unknown,
    outcome: FinishedCall['outcome'],
    result?: unknown,
  ): void {
    const { module, name, kind } = operation;
    const ms = performance.now() - startedAt;
    const forOperator = currentContext()?.forOperator ?? false;
    this.observer?.finished({ module, operation: name, kind, side, ms, outcome, forOperator });
    if (outcome !== 'ok') return;
    if (kind === 'query' && !forOperator) this.observer?.answered({ operation, side, input, result });
    else if (kind === 'command' && !undoOf && !cancel) this.observer?.committed?.({ operation, side, input });
  }

  private carry(
    operation: PreparedOperation,
    side: Side,
    input: unknown,
    options: RemoteOptions,
  ): Promise<unknown> {
    const { module, name } = operation;
    const context = currentContext();
    context?.servedBy.set(module, side);
    if (this.isHere(module, side)) {
      const { commandId, undoOf, cancel, parsed } = options;
      return this.modules.executor(module).execute(name, input, commandId, { undoOf, cancel, parsed });
    }
    const headers = cohortHeaders(this.routes.cohortHeaders, context);
    return this.remote.call(operation, side, input, headers ? { ...options, headers } : options);
  }

  /** As {@link carry}, and past a monolith that is lost. */
  private reach(
    operation: PreparedOperation,
    side: Side,
    input: unknown,
    options: RemoteOptions,
  ): Promise<unknown> {
    const asked = this.carry(operation, side, input, options);
    if (side === 'extracted' || this.isHere(operation.module, side)) return asked;
    return asked.catch((error: unknown) => this.pastTheLost(error, operation, input, options));
  }

  /**
   * Nobody serves the side of the monolith: it may be lost, and its service have taken over, with nobody left who says so in the
   * routes. Nothing was done there, and only an owner does what it is asked. @throws the error, unless that is the owner.
   */
  private async pastTheLost(
    error: unknown,
    operation: PreparedOperation,
    input: unknown,
    options: RemoteOptions,
  ): Promise<unknown> {
    if (!(error instanceof UnservedError)) throw error;
    try {
      return await this.carry(operation, 'extracted', input, options);
    } catch (refused) {
      throw isOwnerLost(refused) || refused instanceof UnservedError ? error : refused;
    }
  }

  private isHere(module: string, side: Side): boolean {
    return side === this.modules.side && this.modules.hosts(module);
  }
}

const callOf = (operation: PreparedOperation, input: unknown, options: CommandOptions): PursuedCall => ({
  operation,
  input,
  commandId: operation.kind === 'query' ? '' : (options.commandId ?? uuidv7()),
  undoOf: options.undoOf,
  cancel: options.cancel,
  startedAt: performance.now(),
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

function cohortHeaders(
  names: readonly string[],
  context: CallContext | undefined,
): Record<string, string> | undefined {
  const given = context?.headers;
  if (names.length === 0 || !given) return undefined;
  return Object.fromEntries(names.flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
}

/** Why a call must not be made in this context, if so. */
function refusal({ module, kind, name }: PreparedOperation, context: CallContext): Error | undefined {
  if (context.rehearsal) {
    context.rehearsal.called ??= `${module}.${name}`;
    return new NotRehearsedError(`${module}.${name}`);
  }
  if (context.transaction && kind !== 'query') {
    // Here it could join; on the other side it could not be rolled back. So it is refused in both.
    return new Error(`${module}.${name} was called inside a transaction: make that a process`);
  }
  if (context.deadline !== undefined && context.deadline <= performance.now()) {
    return new UnavailableError(module, 'the deadline of this call has passed');
  }
  return undefined;
}
