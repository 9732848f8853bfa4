import type { Role } from '#contracts';
import { currentContext } from 'nestjs-strangler';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { refusal } from '../errors/problems.js';
import { onBehalfOf } from '../http/call-context.js';
import { optionalKey, publicKey, rolesKey } from './access.js';
import type { Principal, SignedRequest } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

/** Closed unless opened: every handler needs a valid bearer token unless it is marked `@Public()`. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenVerifier,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // Calls over other transports come from our own processes, which have checked their callers.
    if (context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(publicKey, targets)) return true;
    const request = context.switchToHttp().getRequest<SignedRequest>();
    const isOptional = this.reflector.getAllAndOverride<boolean | undefined>(optionalKey, targets);
    if (isOptional && request.headers.authorization === undefined) return true;
    const roles = this.reflector.getAllAndOverride<Role[] | undefined>(rolesKey, targets);
    return this.admit(request, roles);
  }

  private async admit(request: SignedRequest, roles: Role[] | undefined): Promise<boolean> {
    letIn(await this.tokens.verify(bearerOf(request)), roles, request);
    return true;
  }
}

/** The request is that person's from now on. @throws `forbidden` where it takes another role */
export function letIn(
  principal: Principal,
  roles: readonly Role[] | undefined,
  request: Pick<SignedRequest, 'principal'>,
  context = currentContext(),
): void {
  if (roles && !roles.includes(principal.role))
    throw refusal('forbidden', `this takes the role ${roles.join(' or ')}`);
  request.principal = principal;
  onBehalfOf(principal, context);
}

/** The bearer token of a request, if it has one. */
export const tokenIn = ({ headers }: Pick<SignedRequest, 'headers'>): string | undefined =>
  /^Bearer ([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];

/** The bearer token of a request. @throws `unauthenticated` without one. */
export function bearerOf(request: Pick<SignedRequest, 'headers'>): string {
  const token = tokenIn(request);
  if (!token) throw refusal('unauthenticated', 'a bearer token is needed: POST /api/v1/auth/token');
  return token;
}
