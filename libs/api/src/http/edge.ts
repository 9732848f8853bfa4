import { admits, hasBody, refuse, routeOf, whyNot, type PassThrough } from '#edge';
import { spanIdsOf, type TraceContext } from '#platform';
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger as PinoLogger } from 'pino';
import { problems, type ProblemCode } from '../errors/problems.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { limitPassedOn, type PassedOn } from '../limits/limit-passed-on.js';
import { RateLimits } from '../limits/rate-limits.js';
import { lineWriter } from './access-log.js';
import type { Front } from './bounded-adapter.js';
import { dropIdentity, requestIdOf } from './call-context.js';
import type { OwnPaths } from './own-paths.js';
import { requestSpan } from './request-span.js';
import { RequestTimes } from './request-times.js';

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
  own: OwnPaths;
  tokens: Pick<TokenVerifier, 'bearerOf'>;
}

/**
 * Divides requests: a path is the API's, whatever the method, or it is not. Then it is passed on from here, before Express, with what every
 * request gets: the guard, an id, a line in the log, the limit of its address. What the guard refuses is the API's to answer.
 */
export function divide(
  app: NestExpressApplication,
  elsewhere: Elsewhere,
  { accessLog, proxies, requestMs, own, tokens }: FrontOptions,
): Front {
  const limits = app.get(RateLimits, { strict: false });
  const limit = limitPassedOn(limits, tokens, proxies);
  const times = app.get(RequestTimes, { strict: false });
  const write = accessLog && lineWriter(accessLog);

  /** Counts it and writes its line when it is over. @returns what it has everywhere */
  function follow(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    userOf: () => string | undefined,
  ): { requestId: string; span: TraceContext } {
    const since = performance.now();
    const requestId = requestIdOf(request);
    const route = () => elsewhere.told?.(request)?.route ?? 'elsewhere';
    const span = requestSpan(request, response, route);
    response.once('close', () => times.over(request, response, route(), since));
    write?.(request, response, () => {
      const told = elsewhere.told?.(request);
      return {
        url,
        ...{ route: 'elsewhere', ...told, user: told?.user ?? userOf(), failed: whyNot(request) },
        requestId,
        ...spanIdsOf(span.traceparent),
      };
    });
    return { requestId, span };
  }

  function goOn(request: IncomingMessage, response: ServerResponse, passOn: PassThrough, url: string): void {
    dropIdentity(request);
    let user: string | undefined;
    const { requestId, span } = follow(request, response, url, () => user);
    const id = ['X-Request-Id', requestId];
    const failed = (error: unknown): void => {
      logger.error(error);
      refuse(request, response, problem('internal'), id);
    };
    const passed = (by: PassedOn): void => {
      const { told, refused } = by;
      user = by.user;
      // Whoever left while it was found out who he is needs no answer.
      if (response.destroyed) return;
      const toClient = [...id, ...told];
      if (refused) return refuse(request, response, problem('rate_limited', refused), toClient);
      passOn(request, response, failed, { toUpstream: [...id, ...headersOf(span)], toClient });
    };
    limit(request, passed, failed);
  }

  return (request, response, toApi) => {
    const { url = '/' } = request;
    if (own.has(routeOf(request)) || !admits(request) || (request.url !== url && own.has(routeOf(request)))) {
      endLateBody(request, response, requestMs);
      return toApi();
    }
    const passOn = elsewhere(request);
    if (passOn) return goOn(request, response, passOn, url);
    // Nobody reads its body, and the server would wait for that as long as for an upload.
    if (hasBody(request) && !request.complete) response.setHeader('Connection', 'close');
    toApi();
  };
}

/** What came of it goes on as it came, where nobody makes spans. */
const headersOf = ({ traceparent }: TraceContext): string[] =>
  traceparent === undefined ? [] : ['traceparent', traceparent];

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
