import { admits, clientAddress } from '#edge';
import { traceIdOf } from '#platform';
import { withContext, type CallContext } from '#strangler';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { ProblemFilter } from '../errors/problem.filter.js';
import { lineWriter } from '../http/access-log.js';
import type { Front } from '../http/bounded-adapter.js';
import { contextOf, sidesOf } from '../http/call-context.js';
import { admitOrigins } from '../http/cross-origin.js';
import { isFresh } from '../http/etag.js';
import { fixedHeaders, type HeaderTarget } from '../http/headers.js';
import { hasBody } from '../http/json-bodies.js';
import { headersOfData } from '../http/security-headers.js';
import { ApiUsage } from '../http/usage.js';
import { Load } from '../limits/load.js';
import { RateLimits } from '../limits/rate-limits.js';
import { forAll } from './cached.js';
import { describe, json, made } from './keep-answers.js';
import { directQueries, type DirectQuery } from './direct-queries.js';
import { PublicAnswers, type Kept } from './public-answers.js';

export interface PlainReadOptions {
  accessLog?: Logger | undefined;
  servedBy: boolean;
  proxies: number;
  origins: readonly string[];
  /** Answers requests that fail. */
  problems: ProblemFilter;
}

/** A request that is answered here. */
interface Read {
  readonly request: IncomingMessage;
  readonly context: CallContext;
  /** The pattern of its path, once it is known. */
  route: string | undefined;
  readonly head: Head;
}

/** Headers of an answer, names and values in turn, as `writeHead` takes them. */
class Head implements HeaderTarget {
  readonly list: string[];

  constructor(requestId: string, fixed: readonly string[]) {
    this.list = ['X-Request-Id', requestId, 'Cache-Control', forAll].concat(fixed);
  }

  appendHeader(name: string, value: string): void {
    this.list.push(name, value);
  }
}

/**
 * Answers plain reads of public queries, before Express and Nest see them: these take several times as long as the read. Plain is a GET or HEAD
 * without a body, of a URL that is kept or that a {@link DirectQuery} takes, and with no header that asks for more than that. To the client
 * and in the log it is what the pipeline does (`plain-reads.spec.ts`); what is not plain goes there. Undefined: no answers are kept.
 */
export function plainReads(
  app: NestExpressApplication,
  prefix: string,
  { accessLog, servedBy, proxies, origins, problems }: PlainReadOptions,
): Front | undefined {
  const answers = app.get<PublicAnswers | null>(PublicAnswers, { strict: false });
  if (!answers) return undefined;
  const [limits, load, usage] = [RateLimits, Load, ApiUsage].map((part) =>
    app.get<unknown>(part, { strict: false }),
  ) as [RateLimits, Load, ApiUsage];
  const fixed = [...headersOfData, ...fixedHeaders(...admitOrigins(origins))].flat();
  const log = accessLog && lineWriter(accessLog);
  let queries: readonly DirectQuery[] | undefined;

  const isPlain = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method, headers } = request;
    return (
      (method === 'GET' || method === 'HEAD') &&
      headers['accept-version'] === undefined &&
      (origins.length === 0 || headers.origin === undefined) &&
      !hasBody(request) &&
      !answers.passBy(headers) &&
      // A server that ends says so to each connection.
      !response.hasHeader('Connection') &&
      isAdmitted(request)
    );
  };

  function fail(error: unknown, { request, context, head: { list } }: Read, response: ServerResponse): void {
    for (let i = 0; i < list.length; i += 2) response.appendHeader(list[i]!, list[i + 1]!);
    tellSides(context, response);
    withContext(context, () => problems.answer(error, request, response));
  }

  function tellSides(context: CallContext, to: HeaderTarget): void {
    const sides = servedBy ? sidesOf(context) : undefined;
    if (sides !== undefined) to.appendHeader('X-Served-By', sides);
  }

  function give(kept: Kept, { request, context, head }: Read, response: ServerResponse): void {
    describe(kept, head);
    if (isFresh(request, kept.etag)) {
      tellSides(context, head);
      response.writeHead(304, head.list).end();
      return;
    }
    head.appendHeader('Content-Type', json);
    head.appendHeader('Content-Length', String(kept.length));
    tellSides(context, head);
    response.writeHead(200, head.list).end(request.method === 'HEAD' ? undefined : kept.body);
  }

  return (request, response, goOn) => {
    if (!isPlain(request, response)) return goOn();
    const url = request.url!;
    const kept = answers.fresh(url);
    const asked = kept ? undefined : askedBy((queries ??= directQueries(app, prefix)), url);
    if (!kept && !asked) return goOn();
    const context = contextOf(request);
    const head = new Head(context.requestId, fixed);
    const read: Read = { request, context, head, route: kept?.route };
    response.on('close', () => usage.countRequest(request, response));
    log?.(request, response, () => ({
      ...{ url, route: read.route, sides: sidesOf(context) },
      ...{ requestId: context.requestId, traceId: traceIdOf(context.traceparent) },
    }));
    try {
      const address = clientAddress(request, proxies);
      limits.assertAddress(address, head);
      if (kept) {
        answers.given(kept);
        return give(kept, read, response);
      }
      const {
        ask,
        query: { route, modules, list },
      } = asked!;
      read.route = route;
      limits.assertRoute(`GET ${route}`, address, head);
      const make = async () => {
        if (list) load.assertTakesLists();
        return made(await ask(), route);
      };
      withContext(context, () => answers.fetch(url, modules, make)).then(
        (fetched) => give(fetched, read, response),
        (error: unknown) => fail(error, read, response),
      );
    } catch (error) {
      fail(error, read, response);
    }
  };
}

/** Whether the guard lets a request pass, and leaves its URL as it came. */
function isAdmitted(request: IncomingMessage): boolean {
  const { url } = request;
  const isSame = admits(request) && request.url === url;
  if (!isSame && url !== undefined) request.url = url;
  return isSame;
}

/** The first of them that takes this URL. */
function askedBy(queries: readonly DirectQuery[], url: string) {
  for (const query of queries) {
    const ask = query.asking(url);
    if (ask) return { query, ask };
  }
  return undefined;
}
