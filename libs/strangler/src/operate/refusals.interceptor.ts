import {
  ConflictException,
  NotFoundException,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { RefusedError, UnknownModuleError } from '../control/terms/refused.js';

/**
 * Gives the operator's refusals their HTTP status; how an error is written is the application's affair.
 *
 * @internal
 */
export class RefusalsInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        throw asHttp(error);
      }),
    );
  }
}

function asHttp(error: unknown): unknown {
  if (error instanceof RefusedError) return new ConflictException(error.message);
  if (error instanceof UnknownModuleError) return new NotFoundException(error.message);
  return error;
}
