import { CallHandler, ExecutionContext, Injectable, Logger, NestInterceptor } from '@nestjs/common';
import type { Request } from 'express';
import { Observable, tap } from 'rxjs';

const READS = ['GET', 'HEAD', 'OPTIONS'];

@Injectable()
export class AuditInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Audit');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    if (READS.includes(request.method)) return next.handle();

    const handler = `${context.getClass().name}.${context.getHandler().name}`;
    const who = request.user ? `user ${request.user.id}` : 'anonymous';
    const startedAt = Date.now();
    return next.handle().pipe(
      tap(() => {
        this.logger.log(
          `${who} ${request.method} ${request.originalUrl} ${handler} ${Date.now() - startedAt}ms ${request.requestId}`,
        );
      }),
    );
  }
}
