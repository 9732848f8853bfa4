import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { refusal } from '../errors/problems.js';
import { bearerOf } from './auth.guard.js';
import type { SignedRequest } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

/** Lets in admins only: the guard of the admin listener. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly tokens: TokenVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedRequest>();
    request.principal = await this.tokens.verify(bearerOf(request));
    if (request.principal.role !== 'admin') throw refusal('forbidden', 'this takes the role admin');
    return true;
  }
}
