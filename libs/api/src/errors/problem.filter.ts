import { DomainError, UnavailableError, ValidationError } from 'nestjs-strangler/contract';
import { currentContext } from 'nestjs-strangler';
import { traceIdOf } from '#platform';
import {
  Catch,
  HttpException,
  Logger,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allowedMethods } from './allowed-methods.js';
import { problemMediaType, type Problem } from './problem.js';
import { isDeclared, problems, refusal, type ProblemCode } from './problems.js';

type Shown = DomainError<ProblemCode>;

/** Longer explanations are cut, in UTF-16 units: an address or a name that somebody sent can stand in them. */
const longestDetail = 2_000;

/** The one way out for errors: whatever was thrown becomes a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  /** `audience`: operators are told where a module cannot be reached; for customers there are no sides. */
  constructor(private readonly audience: 'customers' | 'operators' = 'customers') {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<Request>(), http.getResponse<Response>());
  }

  /** Answers a request with what has gone wrong. */
  answer(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
    const error = this.forAudience(this.shown(thrown, request as Request, response as Response));
    if (response.headersSent) return void response.destroy();
    const { status } = problems[error.code];
    response.statusCode = status;
    response.setHeader('Content-Type', problemMediaType);
    response.setHeader('Cache-Control', 'no-store');
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (status === 503 || status === 429)
      response.setHeader('Retry-After', String(error.data.retryAfterSeconds ?? 1));
    response.end(JSON.stringify(problemOf(error)));
  }

  /** What is told of something that has gone wrong in a part of a request. */
  problemFor(thrown: unknown): Problem {
    return problemOf(this.forAudience(this.shown(thrown)));
  }

  private shown(thrown: unknown, request?: Request, response?: Response): Shown {
    if (isDeclared(thrown)) return thrown;
    if (thrown instanceof NotFoundException && request && response && !request.route)
      return noRoute(request, response);
    if (thrown instanceof HttpException) return fromFramework(thrown);
    this.logger.error(thrown instanceof Error ? thrown : new Error(String(thrown)));
    return new DomainError('internal');
  }

  private forAudience(error: Shown): Shown {
    const { module } = error.data;
    if (this.audience === 'operators' || error.code !== 'unavailable' || typeof module !== 'string')
      return error;
    this.logger.warn({ msg: 'unavailable', module, reason: error.message });
    const wait = error.data.retryAfterSeconds;
    const again = typeof wait === 'number' ? wait : undefined;
    return new UnavailableError(module, `${module} cannot be reached just now; trying again is safe`, again);
  }
}

function problemOf(error: Shown): Problem {
  const { code, message, data } = error;
  const { status, title } = problems[code];
  const context = currentContext();
  const traceId = traceIdOf(context?.traceparent) ?? context?.requestId ?? '-';
  const base = { type: `/problems/${code}`, title, status, code };
  // What went wrong inside is for the log, which has the same id.
  if (code === 'internal') return { ...base, traceId };
  const detail = message.length > longestDetail ? `${message.slice(0, longestDetail)}…` : message;
  const told = { ...base, detail: detail.toWellFormed(), traceId };
  if (code !== 'validation_failed') return Object.keys(data).length > 0 ? { ...told, data } : told;
  const errors = error instanceof ValidationError ? error.errors : [];
  return errors.length > 0 ? { ...told, errors } : told;
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

/** Errors that Nest and Express raise on their own: malformed JSON, a body that is too large. */
function fromFramework(error: HttpException): Shown {
  const status = error.getStatus();
  return refusal(byStatus[status] ?? (status < 500 ? 'validation_failed' : 'internal'), error.message);
}

/** The path is not there, or is there for other methods. */
function noRoute(request: Request, response: Response): Shown {
  const allowed = allowedMethods(request);
  if (allowed.length === 0) return refusal('not_found', `there is no ${request.path}`);
  response.setHeader('Allow', allowed.join(', '));
  return refusal('method_not_allowed', `${request.method} is not for ${request.path}: ${allowed.join(', ')}`);
}
