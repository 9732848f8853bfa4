import type { RequestHandler } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Gets headers of an answer. */
export interface HeaderTarget {
  appendHeader(name: string, value: string): unknown;
}

type Middleware =
  RequestHandler | ((request: IncomingMessage, response: ServerResponse, next: () => void) => void);

/** The headers that middlewares write whatever the request is, without one of its own that they look at: they are asked once. */
export function fixedHeaders(...middlewares: readonly Middleware[]): readonly (readonly [string, string])[] {
  const headers = new Map<string, string>();
  const response = {
    getHeader: (name: string) => headers.get(name),
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: (name: string) => headers.delete(name),
  };
  const request = { method: 'GET', headers: {} };
  for (const middleware of middlewares) middleware(request as never, response as never, () => undefined);
  return [...headers];
}
