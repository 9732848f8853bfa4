import type { Role } from '#contracts';
import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { refusal } from '../errors/problems.js';
import { onBehalfOf } from '../http/call-context.js';
import { bearerOf } from './auth.guard.js';
import { BootstrapLogin, type BootstrapAdmin } from './bootstrap-login.js';
import type { Principal, SignedRequest } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

/** The guard of the admin listener: viewers look, admins act. */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly logger = new Logger(AdminGuard.name);
  private readonly bootstrapLogin: BootstrapLogin;

  constructor(
    private readonly tokens: TokenVerifier,
    bootstrap?: BootstrapAdmin,
  ) {
    this.bootstrapLogin = new BootstrapLogin(tokens.sessions, bootstrap);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedRequest>();
    const principal =
      (await this.bootstrapLogin.open(request)) ?? (await this.tokens.verify(bearerOf(request)));
    if (!mayDo(principal.role, request.method)) {
      const needed = principal.role === 'viewer' ? 'admin' : 'admin or viewer';
      throw refusal('forbidden', `this takes the role ${needed}`);
    }
    request.principal = principal.unasked ? this.told(principal, request) : principal;
    onBehalfOf(principal);
    return true;
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
