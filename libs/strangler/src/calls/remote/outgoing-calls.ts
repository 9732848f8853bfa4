import { Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { OutcomeUnknownError, UnavailableError } from '../../contract/errors.js';
import type { PreparedOperation } from '../../contract/operation.js';
import { currentContext, type CallContext } from '../../database/context.js';
import { isForeign, OtherReleaseError, UnservedError } from '../../database/refusals.js';
import type { NatsLink } from '../../nats/link.js';
import type { Side } from '../../routes/phase.js';
import type { Routes } from '../../routes/routes.js';
import type { RemoteOptions } from '../side-calls.js';
import type { CallHeaders } from './headers.js';

/** A call on its way to another process, whatever carries it. */
export interface OutgoingCall {
  readonly operation: PreparedOperation;
  readonly side: Side;
  /** By the rules of its operation. */
  readonly input: unknown;
  readonly headers: CallHeaders & { readonly deadline: number };
  /** It is only tried. */
  readonly isRehearsal: boolean;
  readonly servedBy: CallContext['servedBy'] | undefined;
}

/** How a call ended that has no answer: `absent`: it was not delivered; `lost`, `late`: it may have been carried out. */
export type Unanswered = 'lost' | 'late' | 'absent';

/** What a process of another release answers to an input that it does not know. */
export class UnreadError extends Error {}

/** What all transports do before a call leaves, and with what comes back. */
export class OutgoingCalls {
  private readonly log = new Logger('Calls');

  constructor(
    private readonly routes: Routes,
    private readonly keys: Pick<NatsLink['keys'], 'tokenFor'>,
  ) {}

  /** @throws {ValidationError} already here, so that bad input costs no hop; the other side checks again, it trusts nobody. */
  prepare(operation: PreparedOperation, side: Side, input: unknown, options: RemoteOptions): OutgoingCall {
    const { rehearse: isRehearsal = false, parsed, undoOf, cancel, headers: cohort } = options;
    const context = currentContext();
    const { member } = this.routes;
    const needsId = !isRehearsal && operation.kind !== 'query';
    return {
      ...{ operation, side, isRehearsal, servedBy: context?.servedBy },
      input: parsed ? input : operation.input.parse(input),
      headers: {
        from: member ?? undefined,
        requestId: context?.requestId ?? '-',
        traceparent: context?.traceparent,
        tracestate: context?.tracestate,
        deadline: Math.min(context?.deadline ?? Infinity, performance.now() + operation.timeoutMs),
        commandId: needsId ? (options.commandId ?? uuidv7()) : undefined,
        undoOf,
        cancel,
        shadow: context?.shadow,
        token: member ? this.keys.tokenFor(operation.module, member, context?.caller) : undefined,
        headers: cohort,
      },
    };
  }

  /** What an error in an answer says here. */
  understood(error: unknown, module: string): unknown {
    // It was right by the contract of this process.
    if (error instanceof UnreadError)
      return new OtherReleaseError(
        module,
        `a service of ${module} of another release does not take this: ${error.message}`,
      );
    if (!isForeign(error)) return error;
    // Routes that are old can lead there, so they are asked for.
    this.routes.refresh();
    this.log.warn({ msg: 'refused by another shop', module, reason: error.message });
    return new UnavailableError(module, error.message);
  }
}

/** What a caller is told of a call without an answer. */
export function failureOf({ operation, side, headers }: OutgoingCall, ended: Unanswered): Error {
  const { module, name, kind } = operation;
  if (ended === 'absent') return new UnservedError(module, `nobody serves ${module} on the side ${side} now`);
  if (kind === 'query') return new UnavailableError(module, `${module}.${name} gave no answer in time`);
  return new OutcomeUnknownError(module, name, headers.commandId ?? '');
}
