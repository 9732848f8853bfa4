import { DomainError } from '#contracts';
import { currentContext } from '#strangler';
import { traceIdOf } from '#platform';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { problemMediaType, type Problem } from './problem.js';
import { isDeclared, problems, refusal, type ProblemCode } from './problems.js';

/** The one way out for errors: whatever was thrown becomes a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const error = this.shown(thrown);
    if (response.headersSent) return void response.destroy();
    const { status } = problems[error.code];
    response.statusCode = status;
    response.setHeader('Content-Type', problemMediaType);
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (status === 503 || status === 429)
      response.setHeader('Retry-After', String(error.data.retryAfterSeconds ?? 1));
    response.end(JSON.stringify(problemOf(error)));
  }

  private shown(thrown: unknown): DomainError<ProblemCode> {
    if (isDeclared(thrown)) return thrown;
    if (thrown instanceof HttpException) return fromFramework(thrown) as DomainError<ProblemCode>;
    this.logger.error(thrown instanceof Error ? thrown : new Error(String(thrown)));
    return new DomainError('internal');
  }
}

function problemOf({ code, message, data }: DomainError<ProblemCode>): Problem {
  const { status, title } = problems[code];
  const context = currentContext();
  const traceId = traceIdOf(context?.traceparent) ?? context?.requestId ?? '-';
  const base = { type: `/problems/${code}`, title, status, code };
  // What went wrong inside is for the log, which has the same id.
  if (code === 'internal') return { ...base, traceId };
  const facts = code !== 'validation_failed' && Object.keys(data).length > 0;
  return { ...base, detail: message, traceId, ...(facts && { data }) };
}

const byStatus: Record<number, ProblemCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'refused',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  503: 'unavailable',
};

/** Errors that Nest and Express raise on their own: no such route, malformed JSON, a body that is too large. */
function fromFramework(error: HttpException): DomainError {
  const status = error.getStatus();
  return refusal(byStatus[status] ?? (status < 500 ? 'validation_failed' : 'internal'), error.message);
}
