import {
  Injectable,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { finalize, type Observable } from 'rxjs';
import type { SignedRequest } from '../auth/principal.js';
import { Load } from './load.js';

export const listKey = 'api:list';

/** A list: refused first when this process has more to do than it can. */
export const List = (): MethodDecorator => SetMetadata(listKey, true);

/**
 * Counts commands, and refuses lists while too many of them are under way. To come after the interceptor that keeps answers: it gives the last list that
 * it has in the place of one that is refused. Only commands of known users count: whoever has no account keeps nobody from lists.
 */
@Injectable()
export class ShedLists implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly load: Load,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const { method, principal } = context.switchToHttp().getRequest<SignedRequest>();
    if (method !== 'GET' && method !== 'HEAD')
      return principal ? next.handle().pipe(finalize(this.load.begin())) : next.handle();
    if (this.reflector.get<true | undefined>(listKey, context.getHandler())) this.load.assertTakesLists();
    return next.handle();
  }
}
