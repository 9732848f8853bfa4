import { Logger } from '@nestjs/common';
import { DomainError, isDomainError, UnavailableError } from '../../contract/errors.js';
import type { Caller } from '../../contract/caller.js';
import type { PreparedOperation } from '../../contract/operation.js';
import { currentContext, withContext, type CallContext } from '../../database/context.js';
import { hide } from '../../database/failure.js';
import { ForeignError } from '../../database/refusals.js';
import { traced, tracer } from '../../database/tracing.js';
import type { NatsLink } from '../../nats/link.js';
import type { Member } from '../../routes/member.js';
import type { Routes } from '../../routes/routes.js';
import { outcomeOf, type CallObserver, type FinishedCall } from '../call-observer.js';
import { spanOf } from '../call-span.js';
import type { Copies } from '../copies/copies.js';
import { understood, type Executor } from '../executor.js';
import type { LocalModules } from '../local-modules.js';
import type { CommandOptions } from '../side-calls.js';
import type { CallHeaders, Sender } from './headers.js';

/** A call that another process makes, as its transport brings it. `Answer`: what that sends. */
export interface IncomingCall<Answer> {
  readonly executor: Executor;
  readonly operation: PreparedOperation;
  readonly headers: CallHeaders;
  /** It is only tried. */
  readonly isRehearsal: boolean;
  /** @throws {ValidationError} when it cannot be read. */
  input(): unknown;
  /** @throws when that cannot be written. */
  ofResult(result: unknown, servedBy: CallContext['servedBy']): Answer;
  /** `unread`: the contract of this process does not allow the input; to a caller of another release it may be right. */
  ofError(error: DomainError, servedBy: CallContext['servedBy'], unread?: boolean): Answer;
  send(answer: Answer): void | Promise<void>;
}

/** What the calls are answered with. */
export interface CallHandlerParts {
  readonly keys: Pick<NatsLink['keys'], 'callerOf'>;
  readonly modules: LocalModules;
  readonly routes: Routes;
  /** Is told of every call that is answered here. */
  readonly served: Pick<CallObserver, 'finished'> | undefined;
  readonly copies: Copies;
}

/** Answers calls of other processes of this shop, whatever has carried them: those of anybody else are refused. */
export class CallHandler {
  constructor(
    private readonly log: Logger,
    private readonly parts: CallHandlerParts,
  ) {}

  async answer<Answer>(call: IncomingCall<Answer>): Promise<void> {
    const { operation, headers } = call;
    const { commandId, undoOf, cancel, token, from, ...rest } = headers;
    const { routes, keys, modules } = this.parts;
    const { member } = routes;
    const { module } = operation;
    if (!member || from?.shop !== member.shop) return this.refuse(call, foreign(module, member));
    let caller: Caller;
    try {
      const found = keys.callerOf(token, from, module, { member, table: routes.snapshot() });
      caller = found instanceof Promise ? await found : found;
    } catch (error) {
      if (!isDomainError(error)) throw error;
      return this.refuse(call, error);
    }
    const context: CallContext = { ...rest, caller, servedBy: new Map() };
    const answer = () =>
      call.isRehearsal ? this.rehearse(call) : this.carryOut(call, { commandId, undoOf, cancel });
    const by = tracer();
    const span = by && { ...spanOf('serve', operation, modules.side), from: context };
    await withContext(context, () => (by ? traced(by, span!, answer) : answer()));
  }

  private async rehearse<Answer>(call: IncomingCall<Answer>): Promise<void> {
    const ended = await call.executor.rehearse(call.operation.name, call.input());
    await call.send(call.ofResult(ended, currentContext()!.servedBy));
  }

  private async carryOut<Answer>(call: IncomingCall<Answer>, how: CommandOptions): Promise<void> {
    const { module, name, kind } = call.operation;
    const { modules, served, copies } = this.parts;
    const started = performance.now();
    const { answer, outcome } = await this.execute(call, how, currentContext()!);
    await call.send(answer);
    const at = performance.now();
    const ms = at - started;
    const side = modules.side ?? 'monolith';
    const finished = { module, operation: name, kind, side, at, ms, outcome, forOperator: false };
    served?.finished(finished);
    copies.finished(finished);
    this.log.log({ msg: 'call served', module, operation: name, ms: Math.round(ms) });
  }

  private async execute<Answer>(
    call: IncomingCall<Answer>,
    { commandId, undoOf, cancel }: CommandOptions,
    { deadline, servedBy }: CallContext,
  ): Promise<{ answer: Answer; outcome: FinishedCall['outcome'] }> {
    const { executor, operation } = call;
    try {
      if (deadline !== undefined && deadline <= performance.now()) {
        throw new UnavailableError(operation.module, 'the call came after its deadline and was not started');
      }
      const result = await executor.execute(operation.name, call.input(), commandId, { undoOf, cancel });
      return { answer: call.ofResult(result, servedBy), outcome: 'ok' };
    } catch (error) {
      // Not a declared one: the result cannot be written.
      const shown = isDomainError(error) ? error : hide(error, this.log, operation, commandId ?? '');
      const unread = shown.code === 'validation_failed' && isUnread(call);
      return { answer: call.ofError(shown, servedBy, unread), outcome: outcomeOf(shown) };
    }
  }

  private async refuse<Answer>(call: IncomingCall<Answer>, error: DomainError): Promise<void> {
    const { module, name } = call.operation;
    const caller = nameOf(call.headers.from);
    this.log.warn({ msg: 'call refused', module, operation: name, caller, reason: error.message });
    await call.send(call.ofError(error, new Map()));
  }
}

const nameOf = (from: Sender | undefined): string =>
  from ? `the shop ${from.shop} (database ${from.database})` : 'a caller that names no shop';

const foreign = (module: string, member: Member | null): DomainError =>
  member
    ? new ForeignError(module, member)
    : new UnavailableError(module, `this service of ${module} belongs to no shop any more`);

function isUnread({ operation, input }: Pick<IncomingCall<unknown>, 'operation' | 'input'>): boolean {
  try {
    return !operation.input.holds(understood(operation, input()));
  } catch {
    return false;
  }
}
