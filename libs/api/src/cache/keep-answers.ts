import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { defer, lastValueFrom, type Observable, tap } from 'rxjs';
import { weakEtag } from '../http/etag.js';
import type { HeaderTarget } from '../http/headers.js';
import { cachedKey } from './cached.js';
import { PublicAnswers, type Kept, type Made } from './public-answers.js';

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
    const { path } = request.route as { path: string };
    const make = async () => made(await lastValueFrom(next.handle()), path);
    return defer(async () => {
      const kept = await this.answers.get(request.url, modules, make);
      response.setHeader('Content-Type', json);
      describe(kept, response);
      return kept.body;
    });
  }
}

export const json = 'application/json; charset=utf-8';

/** Tells of what age an answer is, and how to ask for it again. */
export function describe({ etag, askedAt, stale }: Kept, told: HeaderTarget): void {
  told.appendHeader('ETag', etag);
  told.appendHeader('Age', String(Math.floor((performance.now() - askedAt) / 1_000)));
  if (stale) told.appendHeader('X-Served-Stale', 'true');
}

/** The answer of a handler, as it is sent. */
export function made(value: unknown, route: string): Made {
  const body = JSON.stringify(value);
  return { body, length: Buffer.byteLength(body), etag: weakEtag(body), route };
}

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

const pathOf = ({ url }: Request): string => url.split('?', 1)[0] ?? url;
