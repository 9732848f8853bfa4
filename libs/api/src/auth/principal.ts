import type { Role } from '#contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { refusal } from '../errors/problems.js';

/** Who asks: what a verified token says, and nothing else that the client sent. */
export interface Principal {
  readonly id: string;
  readonly role: Role;
  /** Version of the session that the token belongs to; 0: of no such session. */
  readonly session: number;
  /** As the token says it, if it does: a name for the history of who did what. */
  readonly email?: string;
  /** The role is what was known of it last: the users could not be asked. */
  readonly unasked?: true;
}

/** A request that passed the guard. */
export type SignedRequest = Request & { principal?: Principal };

/** Injects the principal into a handler that is not public. */
export const Caller = createParamDecorator(callerIn);

/** What {@link Caller} injects. */
export function callerIn(_data: unknown, context: ExecutionContext): Principal {
  const { principal } = context.switchToHttp().getRequest<SignedRequest>();
  if (!principal) throw new Error('a public handler has no caller');
  return principal;
}

/** @throws `forbidden` unless the profile is the caller's own or the caller is an admin. */
export function requireSelfOrAdmin(caller: Principal, userId: string): void {
  if (caller.role !== 'admin' && caller.id !== userId)
    throw refusal('forbidden', 'this is the account of someone else');
}
