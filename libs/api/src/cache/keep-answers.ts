import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { defer, lastValueFrom, type Observable, tap } from 'rxjs';
import { cachedKey, forAll } from './cached.js';
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
 * Gives what is fresh before anything else is done for a request, where answers are kept. To be called after what may change its URL was
 * put in place.
 */
export function serveKeptAnswers(app: INestApplication): void {
  const answers = found(app, PublicAnswers);
  if (!answers) return;
  app.use((request: Request, response: Response, next: () => void) => {
    const kept = isRead(request) && !answers.passBy(request.headers) ? answers.fresh(request.url) : undefined;
    if (!kept) return next();
    give(kept, request, response);
  });
}

/** What is provided, if it is. */
function found<T>(app: INestApplication, token: Type<T>): T | undefined {
  try {
    return app.get(token, { strict: false });
  } catch {
    return undefined;
  }
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
