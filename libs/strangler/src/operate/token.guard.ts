import { UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const leastLength = 16;
const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets in who has the one token of the settings. What is done stands in the history as done by the operator. */
export class TokenGuard implements CanActivate {
  private readonly expected: Buffer;

  /** @throws when the token is so short that it could be guessed. */
  constructor(token: string) {
    if (token.length < leastLength)
      throw new Error(`the token of the admin listener needs ${leastLength} characters`);
    this.expected = hash(token);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<IncomingMessage & { principal?: { id: string } }>();
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(hash(token), this.expected))
      throw new UnauthorizedException('there is no valid token');
    request.principal = { id: 'operator' };
    return true;
  }
}
