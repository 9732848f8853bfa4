import { randomUUID } from 'node:crypto';
import { isIdentityHeader } from '#edge';
import { gateway } from '#contracts';
import { currentContext, withContext, type CallContext } from 'nestjs-strangler';
import type { RequestHandler, Response } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../auth/principal.js';
import { requestSpan } from './request-span.js';
import { routeOf } from './route-of.js';

/** How long a caller waits for an answer, in ms. */
const patienceMs = 10_000;

/** Comes first: gives the request its context, which every call and every log line of it shares. */
export const callContext =
  ({ servedBy }: { servedBy: boolean }): RequestHandler =>
  (request, response, next) => {
    dropIdentity(request);
    const context = contextOf(request, response, () => routeOf(request, response));
    response.setHeader('X-Request-Id', context.requestId);
    // What persons own is kept by nobody on the way; handlers whose answers belong to nobody say otherwise.
    response.setHeader('Cache-Control', 'no-store');
    beforeHead(response, () => {
      // What was sent may be stored in another form, so only what was read has a validator (RFC 9110, 9.3.4).
      if (request.method !== 'GET' && request.method !== 'HEAD') response.removeHeader('ETag');
      if (servedBy) tellServedBy(response, context);
    });
    withContext(context, () => next());
  };

/** Who is who is said by the token alone. */
export function dropIdentity({ headers }: IncomingMessage): void {
  for (const name in headers) if (isIdentityHeader(name)) delete headers[name];
}

/** The id that came along, if it can be one, or a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
}

/** What a request and all that is done for it share. */
export function contextOf(
  request: IncomingMessage,
  response: ServerResponse,
  route: () => string | undefined,
): CallContext {
  const { headers } = request;
  return {
    requestId: requestIdOf(request),
    ...requestSpan(request, response, route),
    deadline: performance.now() + patienceMs,
    // Only those that someone looks at travel on; a header that is there twice is a list, and no cohort's.
    headers: headers as Record<string, string | undefined>,
    // Nobody yet: a guard that lets somebody in says who it is.
    caller: { program: gateway, as: 'client' },
    servedBy: new Map(),
  };
}

/** The request is somebody's: modules are asked on that one's behalf. */
export function onBehalfOf({ id, role, session: version }: Principal, context = currentContext()): void {
  if (context) context.caller = { program: gateway, as: 'client', actor: { id, role, version } };
}

/** Asks for the ends of the API itself, which has found out that the client may have the answer. */
export const asItself = <T>(ask: () => T): T => {
  const context = currentContext();
  return context ? withContext({ ...context, caller: { program: gateway, as: 'itself' } }, ask) : ask();
};

function tellServedBy(response: Response, context: CallContext): void {
  const sides = sidesOf(context);
  if (sides !== undefined) response.setHeader('X-Served-By', sides);
}

/** Which side of each module has worked on the request so far, as `inventory=extracted, users=monolith`; `undefined`: none has. */
export function sidesOf({ servedBy }: CallContext): string | undefined {
  if (servedBy.size === 0) return undefined;
  const sides = [...servedBy].map(([module, side]) => `${module}=${side}`).sort();
  return sides.join(', ');
}

/** Runs `work` when the answer's head is about to be written: only then is it known who worked on it. */
function beforeHead(response: Response, work: () => void): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    response.writeHead = writeHead;
    work();
    return writeHead(...args);
  }) as typeof writeHead;
}
