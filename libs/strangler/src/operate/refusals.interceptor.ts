import {
  ConflictException,
  Logger,
  NotFoundException,
  ServiceUnavailableException,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { databaseLoss, described } from '../database/failure.js';
import { BusyError, RefusedError, UnknownModuleError } from '../control/terms/refused.js';

const logger = new Logger('Admin');

/**
 * Gives the operator's refusals their HTTP status, and a database that is away; how an error is written is the application's affair.
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
  if (error instanceof BusyError) return new ServiceUnavailableException(error.message);
  // It may have been an action, whose end nobody knows.
  if (databaseLoss(error)) {
    logger.warn({ msg: 'the database of this side does not answer', error: described(error) });
    return new ServiceUnavailableException(
      'the database of this side does not answer; what was done stands in the history',
    );
  }
  return error;
}
