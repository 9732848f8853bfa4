import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { traceIdOf } from './trace-id.js';

type Request = IncomingMessage & { originalUrl?: string };
type Middleware = (request: Request, response: ServerResponse, next: () => void) => void;

/**
 * One line a request: method, path, status and how long it took, in ms; `reads`: the level of those that change nothing. Not pino-http: its child logger for each
 * request costs a fifth of a small request, even at a level at which nothing is written.
 */
export const requestLog =
  (logger: Logger, { reads = 'info' }: { reads?: 'info' | 'debug' } = {}): Middleware =>
  (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const level = levelOf(request, response, reads);
      if (!logger.isLevelEnabled(level) || isProbe(request)) return;
      const ms = Math.round(performance.now() - startedAt);
      const line = lineOf(request, response);
      logger[level]({ ...line, ms }, `${line.method} ${line.path} ${line.status}`);
    });
    next();
  };

function levelOf({ method }: Request, { statusCode }: ServerResponse, reads: 'info' | 'debug') {
  if (statusCode >= 500) return 'error';
  return method === 'GET' || method === 'HEAD' ? reads : 'info';
}

function lineOf(request: Request, response: ServerResponse) {
  return {
    method: request.method,
    // Without the query: a client may have put a secret there.
    path: (request.originalUrl ?? request.url ?? '').split('?', 1)[0],
    status: response.statusCode,
    // The client left before its answer was sent.
    aborted: response.writableFinished ? undefined : true,
    // These two are not left to the logger: 'close' comes from the socket, outside the request's context.
    requestId: response.getHeader('x-request-id'),
    traceId: traceIdOf(request.headers.traceparent as string | undefined),
  };
}

/** Probes come every few seconds and tell nothing. */
const isProbe = (request: Request): boolean => request.originalUrl?.startsWith('/health/') ?? false;
