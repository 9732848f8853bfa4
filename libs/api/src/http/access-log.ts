import { spanIdsOf } from '#platform';
import { currentContext } from 'nestjs-strangler';
import type { RequestHandler } from 'express';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { SignedRequest } from '../auth/principal.js';
import { sidesOf } from './call-context.js';
import { routeOf } from './route-of.js';
import { wasUnread } from './unread-answers.js';
import { answerDue } from './answer-due.js';
import { isProbe, type IsProbe } from './probe.js';

/**
 * One line a request, when it is over, whatever came of it: method, route and path, status, `ms` that it took, who worked on it (as in
 * `X-Served-By`), the user, the ids by which its other lines are found. Nothing that may hold a secret: no query, header or body.
 * `reads`: the level of those that change nothing; `probes`: what gets no line. Not pino-http: its child logger for each request costs a fifth of a small request,
 * even at a level at which nothing is written. Comes after {@link callContext}.
 */
export function accessLog(
  to: Logger,
  { reads = 'info', probes = isProbe }: { reads?: 'info' | 'debug'; probes?: IsProbe } = {},
): RequestHandler {
  const write = lineWriter(to, reads);
  return (request: SignedRequest, response, next) => {
    if (probes(request.originalUrl)) return next();
    // 'close' comes from the socket, outside of the request's context.
    const context = currentContext();
    write(request, response, () => ({
      ...{ url: request.originalUrl, route: routeOf(request, response) },
      ...{ sides: context && sidesOf(context), user: request.principal?.id },
      ...{ requestId: context?.requestId, ...spanIdsOf(context?.traceparent) },
    }));
    next();
  };
}

/** What only those know who have answered a request. */
interface Known {
  /** As it came. */
  url: string;
  route: unknown;
  sides?: string | undefined;
  user?: string | undefined;
  /** Of what was passed on: which upstream gave no good answer, and why. */
  failed?: string | undefined;
  requestId: string | undefined;
  traceId?: string;
  spanId?: string;
}

/** Writes the line of a request when it is over; `known` is asked then. */
export function lineWriter(to: Logger, reads: 'info' | 'debug' = 'info') {
  // Nothing in these lines has to be blotted out, and looking for it takes 15 µs of the 20 that a line takes.
  const logger = to.child({}, { redact: [] });
  return (request: IncomingMessage, response: ServerResponse, known: () => Known): void => {
    const startedAt = performance.now();
    response.once('close', () => {
      const level = levelOf(request, response, reads);
      if (!logger.isLevelEnabled(level)) return;
      const { url, route, ...more } = known();
      const { method } = request;
      // Without the query: a client may have put a secret there.
      const path = url.split('?', 1)[0];
      // The client may have left before there was one.
      const status = response.headersSent ? response.statusCode : undefined;
      const aborted = response.writableFinished ? undefined : true;
      const unread = aborted && wasUnread(request.socket) ? { failed: 'client_stalled' } : undefined;
      const ms = Math.round(performance.now() - startedAt);
      logger[level](
        { method, route, path, status, aborted, ...more, ...unread, ms },
        `${method} ${path} ${status ?? 'aborted'}`,
      );
    });
  };
}

function levelOf({ method }: IncomingMessage, { statusCode }: ServerResponse, reads: 'info' | 'debug') {
  if (statusCode >= 500) return 'error';
  return method === 'GET' || method === 'HEAD' ? reads : 'info';
}

/** What Node answers, by the error's code, to what is no request that it can read. */
const unreadable: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * The same for what no handler ever sees, since it is no HTTP, has too many headers, or does not end: answered as Node does it. And for who
 * does not get as far, where TLS is spoken.
 */
export function logUnreadable(server: Server, logger: Logger): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const { code = '' } = error;
    const status = unreadable[code] ?? (code.startsWith('HPE_') ? '400 Bad Request' : undefined);
    const due = answerDue(socket);
    // The request before it came whole, and its answer is still to be given.
    if (status !== undefined && due?.req.complete) return endAfter(due, socket);
    // A second head within an answer would be read as part of it.
    const told = status !== undefined && socket.writable && !due?.headersSent;
    if (told) socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    socket.destroy(error);
    if (told) logger.info({ status: Number(status.slice(0, 3)), code }, `unreadable ${status}`);
    else if (code.startsWith('ERR_SSL_')) logger.info({ code }, 'unreadable: no TLS');
  });
}

/** Nothing more is read of a connection, and it ends with the answer that is under way. */
function endAfter(answer: ServerResponse, socket: Socket): void {
  socket.pause();
  if (!answer.headersSent) answer.setHeader('Connection', 'close');
  answer.once('finish', () => socket.destroySoon());
}
