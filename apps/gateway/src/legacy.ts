import type { Edge } from '#api';
import { guard, passThrough, UpstreamPool, type RouteTraffic, type Times } from '#edge';
import type { Request, RequestHandler } from 'express';
import type { Server } from 'node:http';
import type { LegacySettings } from './config.js';

/** The copies of the application, to be closed when no request is under way any more. */
export const legacyPool = ({ copies, checkPath }: LegacySettings): UpstreamPool =>
  new UpstreamPool({ name: 'legacy', copies, checkPath });

/** What is not the API's: routes of the edge, and the application that everything else goes to, in one copy or several, if there is one. */
export function legacyEdge(
  routes: RouteTraffic,
  legacy: UpstreamPool | undefined,
  times: Partial<Times> = {},
): Edge {
  const passOn = passThrough({
    upstreamOf: (request, failed) =>
      routes.isPlaced(request) ? routes.upstreamOf(request, failed) : legacy?.choose(request, failed),
    mayMove: (request, tried) => !routes.isPlaced(request) && legacy?.mayMove(request, tried) === true,
    onDone: (outcome) => (routes.isPlaced(outcome.request) ? routes.done(outcome) : legacy?.done(outcome)),
    headersFor: (_request, response) => ['X-Request-Id', String(response.getHeader('X-Request-Id'))],
    times,
  });
  const isSomebodys = (request: Request) => legacy !== undefined || routes.isPlaced(request);
  const elsewhere: RequestHandler = (request, response, next) =>
    routes.handler(request, response, (error?: unknown) => {
      if (error !== undefined || !isSomebodys(request)) return next(error);
      passOn(request, response, next);
    });
  return { guard, elsewhere };
}

/** An upload may take as long as its request may; the API's own are ended earlier. */
export function allowUploads(server: Server, { times }: LegacySettings): void {
  server.requestTimeout = Math.max(server.requestTimeout, times.totalMs);
}
