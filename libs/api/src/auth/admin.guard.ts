import type { Role } from '#contracts';
import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { refusal } from '../errors/problems.js';
import { onBehalfOf } from '../http/call-context.js';
import { bearerOf, tokenIn } from './auth.guard.js';
import { BootstrapLogin, type BootstrapAdmin } from './bootstrap-login.js';
import { OperatorTokens } from './operator-tokens.js';
import type { Principal, SignedRequest } from './principal.js';
import type { TokenVerifier } from './token-verifier.js';

/** By what operators are known. */
export interface WaysIn {
  /** Without it there are no users. */
  tokens?: TokenVerifier | undefined;
  bootstrap?: BootstrapAdmin | undefined;
  /** Of the settings. */
  operators?: OperatorTokens;
}

/** The guard of the admin listener: viewers look, admins act. */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly logger = new Logger(AdminGuard.name);
  private readonly tokens: TokenVerifier | undefined;
  private readonly operators: OperatorTokens;
  private readonly bootstrapLogin: BootstrapLogin | undefined;

  constructor({ tokens, bootstrap, operators = new OperatorTokens() }: WaysIn) {
    this.tokens = tokens;
    this.operators = operators;
    this.bootstrapLogin = tokens && new BootstrapLogin(tokens.sessions, bootstrap);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedRequest>();
    const principal = await this.principalOf(request);
    if (!mayDo(principal.role, request.method)) {
      const needed = principal.role === 'viewer' ? 'admin' : 'admin or viewer';
      throw refusal('forbidden', `this takes the role ${needed}`);
    }
    request.principal = principal.unasked ? this.told(principal, request) : principal;
    onBehalfOf(principal);
    return true;
  }

  private async principalOf(request: SignedRequest): Promise<Principal> {
    const token = tokenIn(request);
    const operator = token === undefined ? undefined : this.operators.holderOf(token);
    if (operator) return operator;
    if (!this.tokens)
      throw refusal(
        'unauthenticated',
        'a token of its ADMIN_TOKEN or VIEWER_TOKEN is needed: there are no users here',
      );
    return (await this.bootstrapLogin?.open(request)) ?? this.tokens.verify(bearerOf(request));
  }

  /** Whoever gets in without the users being asked stands as such in the log, and in the history of what is then done. */
  private told(principal: Principal, { method, path }: SignedRequest): Principal {
    const actor = `${principal.email ?? principal.id} (the users could not be asked)`;
    this.logger.warn({ msg: 'let in by what was known last', actor, method, path });
    return { ...principal, email: actor };
  }
}

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const mayDo = (role: Role, method: string): boolean =>
  role === 'admin' || (role === 'viewer' && reads.has(method));
