import { admits, clientAddress, hasBody, refuse, routeOf, whyNot, type PassThrough } from '#edge';
import { traceIdOf } from '#platform';
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger as PinoLogger } from 'pino';
import { problems, type ProblemCode } from '../errors/problems.js';
import { limitedBy, RateLimits } from '../limits/rate-limits.js';
import { lineWriter } from './access-log.js';
import type { Front } from './bounded-adapter.js';
import { dropIdentity, requestIdOf } from './call-context.js';

/** Who answers what is not the API's. */
export interface Elsewhere {
  /** `undefined`: nobody does. */
  (request: IncomingMessage): PassThrough | undefined;
  /** What the line in the log says of a request that it has answered. */
  told?(request: IncomingMessage): { route: string; sides: string; user: string | undefined } | undefined;
}

interface FrontOptions {
  accessLog: PinoLogger | undefined;
  proxies: number;
  /** So long a body for the API may take, in ms. */
  requestMs: number;
}

/**
 * Divides requests: a path is the API's, whatever the method, or it is not. Then it is passed on from here, before Express, with what every
 * request gets: the guard, an id, a line in the log, the limit of its address. What the guard refuses is the API's to answer.
 */
export function divide(
  app: NestExpressApplication,
  elsewhere: Elsewhere,
  { accessLog, proxies, requestMs }: FrontOptions,
): Front {
  const isOwn = ownPaths(app);
  const limits = app.get(RateLimits, { strict: false });
  const write = accessLog && lineWriter(accessLog);
  return (request, response, toApi) => {
    const { url = '/' } = request;
    if (isOwn(routeOf(request)) || !admits(request) || (request.url !== url && isOwn(routeOf(request)))) {
      endLateBody(request, response, requestMs);
      return toApi();
    }
    const passOn = elsewhere(request);
    if (!passOn) {
      // Nobody reads its body, and the server would wait for that as long as for an upload.
      if (hasBody(request) && !request.complete) response.setHeader('Connection', 'close');
      return toApi();
    }
    dropIdentity(request);
    const [requestId, traceparent] = [
      requestIdOf(request),
      request.headers['traceparent'] as string | undefined,
    ];
    write?.(request, response, () => ({
      url,
      ...{ route: 'elsewhere', ...elsewhere.told?.(request), failed: whyNot(request) },
      requestId,
      traceId: traceIdOf(traceparent),
    }));
    const id = ['X-Request-Id', requestId];
    const verdict = limits.takeAddress(clientAddress(request, proxies));
    const toClient = verdict ? [...id, 'RateLimit-Policy', verdict.policy, 'RateLimit', verdict.left] : id;
    if (verdict?.ok === false) {
      return refuse(request, response, problem('rate_limited', limitedBy('address', verdict)), toClient);
    }
    const failed = (error: unknown): void => {
      logger.error(error);
      refuse(request, response, problem('internal'), toClient);
    };
    passOn(request, response, failed, { toUpstream: id, toClient });
  };
}

const logger = new Logger('Elsewhere');

const problem = (code: ProblemCode, more: object = {}) => ({ ...problems[code], code, ...more });

const late = { status: 408, code: 'request_timeout', title: 'The request did not arrive in time' };

/** The server waits longer for bodies than the API does. */
function endLateBody(request: IncomingMessage, response: ServerResponse, requestMs: number): void {
  if (!hasBody(request)) return;
  const timer = setTimeout(() => {
    if (!request.complete) refuse(request, response, late);
  }, requestMs);
  request.once('close', () => clearTimeout(timer));
}

interface Layer {
  match(path: string): boolean;
  route?: { path: string };
}

/** Which paths are the API's; known once it is set up, when the first request is there. */
function ownPaths(app: NestExpressApplication): (path: string) => boolean {
  let routes: Map<string, Layer[]> | undefined;
  return (path) => {
    routes ??= byFirstSegment(stackOf(app));
    const lower = path.toLowerCase();
    const first = firstOf(lower);
    // The page of the docs has files of its own.
    if (first === 'docs') return true;
    const layers = routes.get(first);
    if (!layers) return false;
    const paths =
      first === 'api' && !/^\/api\/v\d+\//.test(lower)
        ? [path, `/api/v1${path.slice('/api'.length)}`]
        : [path];
    return paths.some((one) => layers.some((layer) => layer.match(one)));
  };
}

const stackOf = (app: NestExpressApplication) =>
  (app.getHttpAdapter().getInstance() as unknown as { router: { stack: readonly Layer[] } }).router.stack;

function byFirstSegment(stack: readonly Layer[]): Map<string, Layer[]> {
  const routes = new Map<string, Layer[]>();
  for (const layer of stack) {
    if (!layer.route) continue;
    const first = firstOf(layer.route.path.toLowerCase());
    routes.set(first, [...(routes.get(first) ?? []), layer]);
  }
  return routes;
}

const firstOf = (path: string): string => path.slice(1).split('/', 1)[0] ?? '';
