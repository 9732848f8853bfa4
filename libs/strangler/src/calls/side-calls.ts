import type { DomainError } from '../contract/errors.js';
import { currentContext, withContext, type CallContext } from '../database/context.js';
import { isForRouter, isOwnerLost, UnservedError } from '../database/refusals.js';
import type { PreparedOperation } from '../contract/operation.js';
import type { Side } from '../routes/phase.js';
import type { Routes } from '../routes/routes.js';
import { outcomeOf, type CallObserver, type FinishedCall } from './call-observer.js';
import type { EventCommand } from './events/handle-together.js';
import type { ExecuteOptions } from './executor.js';
import type { LocalModules } from './local-modules.js';
import type { PursuedCall } from './owner-retry.js';
import type { CallOptions } from './ports.js';
import type { Rehearsed } from './rehearsal/rehearsal.js';

/** How long a rehearsal is waited for, in ms, with the way there. */
const rehearsalMs = 2_000;

/** What the router may say beside what a caller says. */
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
 * Carries a call to a module that is served by another process.
 *
 * @internal
 */
export interface RemoteCalls {
  call(operation: PreparedOperation, side: Side, input: unknown, options: RemoteOptions): Promise<unknown>;
}

/** Asks one side of a module, wherever that is, and tells the observer how it ended. Whether it is the right side, it does not know. */
export class SideCalls {
  constructor(
    private readonly modules: LocalModules,
    private readonly remote: RemoteCalls,
    private readonly routes: Pick<Routes, 'cohortHeaders'>,
    private readonly observer: CallObserver | undefined,
  ) {}

  /** Whether this process is that side of the module. */
  isHere(module: string, side: Side): boolean {
    return side === this.modules.side && this.modules.hosts(module);
  }

  /** Asks one side, past all routing and whoever the owner is, only to compare. */
  ask(operation: PreparedOperation, side: Side, input: unknown): Promise<unknown> {
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

  /** In this process, whose executor does what the router would wait for. `redirect`: goes on where this side is not the owner. */
  executeHere(
    call: PursuedCall,
    side: Side,
    redirect: (error: DomainError) => Promise<unknown>,
  ): Promise<unknown> {
    const { operation, input, commandId, undoOf, cancel, parsed } = call;
    const { module, name } = operation;
    currentContext()?.servedBy.set(module, side);
    const ended: ExecuteOptions['ended'] =
      this.observer && ((outcome, result) => this.observed(call, side, input, outcome, result));
    return this.modules
      .executor(module)
      .execute(name, input, commandId, { undoOf, cancel, parsed, redirect, ended });
  }

  /** Runs commands for events in this process, in one transaction. @throws what any of them throws: then none was done. */
  async together(module: string, commands: readonly EventCommand[]): Promise<void> {
    const { observer, modules } = this;
    const startedAt = performance.now();
    await modules.executor(module).together(commands);
    const side = modules.side!;
    const at = performance.now();
    const ms = (at - startedAt) / commands.length;
    for (const { operation, input } of commands) {
      const { name, kind } = operation;
      observer?.finished({ module, operation: name, kind, side, at, ms, outcome: 'ok', forOperator: false });
      observer?.committed?.({ operation, side, input });
    }
  }

  /** One try on one side, of the whole input or of a part of it. @throws what the side says, also that it is not the owner. */
  attempt(call: PursuedCall, side: Side, input: unknown): Promise<unknown> {
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
    const at = performance.now();
    const ms = at - startedAt;
    const forOperator = currentContext()?.forOperator ?? false;
    this.observer?.finished({ module, operation: name, kind, side, at, ms, outcome, forOperator });
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
}

function cohortHeaders(
  names: readonly string[],
  context: CallContext | undefined,
): Record<string, string> | undefined {
  const given = context?.headers;
  if (names.length === 0 || !given) return undefined;
  return Object.fromEntries(names.flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
}
