import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { isDomainError, ValidationError } from '../contract/errors.js';

/** Statuses by the codes of errors that the toolkit raises; all others are faults. */
const statuses: Readonly<Record<string, number>> = {
  validation_failed: 400,
  unavailable: 503,
  forbidden: 403,
};

/** Writes errors of the admin API as problem documents (RFC 9457), so that the reason of a refusal reaches the operator. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Admin');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const status = statusOf(thrown);
    if (status === 500) this.logger.error(thrown);
    if (response.headersSent) return void response.destroy();
    writeProblem(response, status, toldOf(thrown, status));
  }
}

/** Answers with a problem document. */
export function writeProblem(response: ServerResponse, status: number, more: object = {}): void {
  const problem = { type: 'about:blank', title: STATUS_CODES[status], status, ...more };
  response
    .writeHead(status, { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(problem));
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  return isDomainError(thrown) ? (statuses[thrown.code] ?? 500) : 500;
}

/** What went wrong inside is for the log. */
function toldOf(thrown: unknown, status: number): object {
  if (status === 500) return {};
  const errors = thrown instanceof ValidationError && thrown.errors.length > 0 ? thrown.errors : undefined;
  return { detail: (thrown as Error).message, ...(errors && { errors }) };
}
