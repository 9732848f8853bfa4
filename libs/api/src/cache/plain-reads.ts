import { admits, clientAddress } from '#edge';
import { spanIdsOf } from '#platform';
import { withContext, type CallContext } from 'nestjs-strangler';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { bearerOf, letIn } from '../auth/auth.guard.js';
import type { Principal } from '../auth/principal.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import type { ProblemFilter } from '../errors/problem.filter.js';
import { lineWriter } from '../http/access-log.js';
import type { Front } from '../http/bounded-adapter.js';
import { contextOf, dropIdentity, sidesOf } from '../http/call-context.js';
import { admitOrigins } from '../http/cross-origin.js';
import { isFresh } from '../http/etag.js';
import { fixedHeaders, type HeaderTarget } from '../http/headers.js';
import { hasBody } from '../http/json-bodies.js';
import { headersOfData } from '../http/security-headers.js';
import { RequestTimes } from '../http/request-times.js';
import { ApiUsage } from '../http/usage.js';
import { Load } from '../limits/load.js';
import { RateLimits } from '../limits/rate-limits.js';
import { forAll } from './cached.js';
import { describe, json, made } from './keep-answers.js';
import { directQueries, type Asking } from './direct-queries.js';
import { PublicAnswers, type Kept, type Made } from './public-answers.js';

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
  readonly request: IncomingMessage & { principal?: Principal };
  readonly response: ServerResponse;
  readonly context: CallContext;
  readonly address: string | undefined;
  readonly head: Head;
  /** The pattern of its path, once it is known. */
  route: string | undefined;
  deprecated: boolean;
}

/** Headers of an answer, names and values in turn, as `writeHead` takes them. */
class Head implements HeaderTarget {
  readonly list: string[];

  constructor(requestId: string, cacheControl: string, fixed: readonly string[]) {
    this.list = ['X-Request-Id', requestId, 'Cache-Control', cacheControl].concat(fixed);
  }

  appendHeader(name: string, value: string): void {
    this.list.push(name, value);
  }
}

/**
 * Answers plain reads, before Express and Nest see them: these take several times as long as the read. Plain is a GET or HEAD without a body, of a
 * URL that is kept or that a handler takes whose decorators are all understood ({@link directQueries}), and with no header that asks for
 * more than that. To the client and in the log it is what the pipeline does (`plain-reads.spec.ts`); what is not plain goes there.
 */
export function plainReads(
  app: NestExpressApplication,
  { accessLog, servedBy, proxies, origins, problems }: PlainReadOptions,
): Front {
  const answers = app.get<PublicAnswers | null>(PublicAnswers, { strict: false });
  const [limits, load, usage, times, tokens] = [RateLimits, Load, ApiUsage, RequestTimes, TokenVerifier].map(
    (part) => app.get<unknown>(part, { strict: false }),
  ) as [RateLimits, Load, ApiUsage, RequestTimes, TokenVerifier];
  const fixed = [...headersOfData, ...fixedHeaders(...admitOrigins(origins))].flat();
  const log = accessLog && lineWriter(accessLog);
  let queries: ReturnType<typeof directQueries> | undefined;

  const isPlain = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method, url = '', headers } = request;
    return (
      (method === 'GET' || method === 'HEAD') &&
      url.startsWith('/api/v') &&
      headers['accept-version'] === undefined &&
      (origins.length === 0 || headers.origin === undefined) &&
      !hasBody(request) &&
      !answers?.passBy(headers) &&
      // A server that ends says so to each connection.
      !response.hasHeader('Connection') &&
      isAdmitted(request)
    );
  };

  function fail(error: unknown, { request, response, context, head: { list } }: Read): void {
    for (let i = 0; i < list.length; i += 2) response.appendHeader(list[i]!, list[i + 1]!);
    tellSides(context, response);
    withContext(context, () => problems.answer(error, request, response));
  }

  function tellSides(context: CallContext, to: HeaderTarget): void {
    const sides = servedBy ? sidesOf(context) : undefined;
    if (sides !== undefined) to.appendHeader('X-Served-By', sides);
  }

  function give({ body, length, etag }: Made, { request, response, context, head }: Read): void {
    if (isFresh(request, etag)) {
      tellSides(context, head);
      response.writeHead(304, head.list).end();
      return;
    }
    head.appendHeader('Content-Type', json);
    head.appendHeader('Content-Length', String(length));
    tellSides(context, head);
    response.writeHead(200, head.list).end(request.method === 'HEAD' ? undefined : body);
  }

  function giveKept(kept: Kept, read: Read): void {
    describe(kept, read.head);
    give(kept, read);
  }

  /** What the guards do, and then the interceptors. @throws what refuses it */
  function ask({ query, params, ask }: Asking, caller: Principal | undefined, read: Read): void {
    const { request, context, address, head } = read;
    const { route, roles, cached, list, deprecation } = query;
    if (caller) {
      letIn(caller, roles, request, context);
      limits.assertUser(caller.id, address, head);
    }
    limits.assertRoute(`GET ${route}`, address, head);
    const make = async () => {
      if (list) load.assertTakesLists();
      if (deprecation) {
        deprecation.tell(params, head);
        read.deprecated = true;
      }
      return made(await ask(caller), route);
    };
    const failed = (error: unknown) => fail(error, read);
    if (cached && answers) {
      const fetched = withContext(context, () => answers.fetch(request.url!, cached, make));
      return void fetched.then((kept) => giveKept(kept, read), failed);
    }
    withContext(context, make).then((answer) => {
      head.appendHeader('ETag', answer.etag);
      give(answer, read);
    }, failed);
  }

  /** Says who asks before {@link ask}. */
  function admit(asking: Asking, read: Read): void {
    if (asking.query.isPublic) return ask(asking, undefined, read);
    const token = bearerOf(read.request);
    const known = tokens.remembered(token);
    if (known) return ask(asking, known, read);
    withContext(read.context, () => tokens.verify(token))
      .then((caller) => ask(asking, caller, read))
      .catch((error: unknown) => fail(error, read));
  }

  return (request, response, goOn) => {
    if (!isPlain(request, response)) return goOn();
    const url = request.url!;
    const kept = answers?.fresh(url);
    const asking = kept ? undefined : (queries ??= directQueries(app))(url);
    if (!kept && !asking) return goOn();
    if (asking) dropIdentity(request);
    const context = contextOf(request, response, () => read.route);
    const head = new Head(context.requestId, asking?.query.cacheControl ?? forAll, fixed);
    const address = clientAddress(request, proxies);
    const read: Read = {
      ...{ request, response, context, address, head },
      ...{ route: kept?.route, deprecated: false },
    };
    const since = performance.now();
    response.on('close', () => {
      usage.countRequest(request, read.deprecated);
      times.over(request, response, read.route, since);
    });
    log?.(request, response, () => ({
      ...{ url, route: read.route, sides: sidesOf(context), user: read.request.principal?.id },
      ...{ requestId: context.requestId, ...spanIdsOf(context.traceparent) },
    }));
    try {
      limits.assertAddress(address, head);
      if (kept) {
        limits.assertRoute(`GET ${kept.route}`, address, head);
        answers!.given(kept);
        return giveKept(kept, read);
      }
      read.route = asking!.query.route;
      admit(asking!, read);
    } catch (error) {
      fail(error, read);
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
