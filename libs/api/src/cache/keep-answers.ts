import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, RequestHandler, Response } from 'express';
import { defer, lastValueFrom, type Observable, tap } from 'rxjs';
import { hasBody } from '../http/json-bodies.js';
import { Load } from '../limits/load.js';
import { RateLimits } from '../limits/rate-limits.js';
import { cachedKey, forAll } from './cached.js';
import { directQueries, type DirectQuery } from './direct-queries.js';
import { PublicAnswers, type Kept, type Made } from './public-answers.js';

type Etag = (body: string) => string;

/** Keeps the answers of handlers that are marked as {@link Cached}, and forgets what is changed through this process. */
@Injectable()
export class KeepAnswers implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly answers: PublicAnswers,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    if (!isRead(request)) return next.handle().pipe(tap(() => this.answers.forget(pathOf(request))));
    const modules = this.reflector.get<string[] | undefined>(cachedKey, context.getHandler());
    if (!modules || this.answers.passBy(request.headers)) return next.handle();
    const etag = response.app.get('etag fn') as Etag;
    const { path } = request.route as { path: string };
    const make = async () => made(await lastValueFrom(next.handle()), etag, path);
    return defer(async () => {
      const kept = await this.answers.fetch(request.url, modules, make);
      describe(kept, response);
      return kept.body;
    });
  }
}

/**
 * Where answers are kept: gives them, and asks for those that are not there, before anything else is done for a request. To come after
 * what may change its URL. What is not a plain read of a {@link DirectQuery} goes on through the pipeline.
 *
 * @param prefix of the paths, `/api/v1/`
 */
export function keptAnswers(app: NestExpressApplication, prefix: string): RequestHandler[] {
  const answers = app.get<PublicAnswers | null>(PublicAnswers, { strict: false });
  if (!answers) return [];
  const queries = directQueries(app, prefix);
  const [limits, load] = [app.get(RateLimits, { strict: false }), app.get(Load, { strict: false })];
  const serve: RequestHandler = (request, response, next) => {
    if (!isRead(request) || answers.passBy(request.headers)) return next();
    const kept = answers.fresh(request.url);
    if (kept) return give(kept, request, response);
    const query = hasBody(request) ? undefined : asked(queries, request.url);
    if (!query) return next();
    response.locals['route'] = query.route;
    limits.assertRoute(`GET ${query.route}`, request, response);
    const etag = response.app.get('etag fn') as Etag;
    const make = async () => {
      if (query.list) load.assertTakesLists();
      return made(await query.ask(), etag, query.route);
    };
    answers
      .fetch(request.url, query.modules, make)
      .then((fetched) => give(fetched, request, response))
      .catch(next);
  };
  return [serve];
}

/** The first of them that takes this URL. */
function asked(queries: readonly DirectQuery[], url: string) {
  for (const query of queries) {
    const ask = query.asking(url);
    if (ask) return { ...query, ask };
  }
  return undefined;
}

function give(kept: Kept, request: Request, response: Response): void {
  response.locals['route'] = kept.route;
  describe(kept, response);
  if (request.fresh) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Length', String(kept.length));
  response.end(request.method === 'HEAD' ? undefined : kept.body);
}

function describe({ etag, askedAt, stale }: Kept, response: Response): void {
  response.setHeader('ETag', etag);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', forAll);
  response.setHeader('Age', String(Math.floor((performance.now() - askedAt) / 1_000)));
  if (stale) response.setHeader('X-Served-Stale', 'true');
}

function made(value: unknown, etag: Etag, route: string): Made {
  const body = JSON.stringify(value);
  return { body, length: Buffer.byteLength(body), etag: etag(body), route };
}

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

const pathOf = ({ url }: Request): string => url.split('?', 1)[0] ?? url;
