import { passThrough, type RouteTraffic, type Times, type UpstreamPool } from '#edge';
import type { RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';

/** What is not the API's: routes of the edge, and the application that everything else goes to, if there is one. */
export function elsewhere(
  routes: RouteTraffic,
  legacy: UpstreamPool | undefined,
  times: Partial<Times>,
): RequestHandler {
  const whose = (request: IncomingMessage) => (routes.isPlaced(request) ? routes : legacy);
  const passOn = passThrough({
    upstreamOf: (request, failed) => whose(request)?.choose(request, failed),
    mayMove: (request, tried) => whose(request)?.mayMove(request, tried) === true,
    onDone: (outcome) => whose(outcome.request)?.done(outcome),
    headersFor: (_request, response) => ['X-Request-Id', String(response.getHeader('X-Request-Id'))],
    times,
  });
  return (request, response, next) =>
    routes.handler(request, response, (error?: unknown) => {
      if (error !== undefined || !whose(request)) return next(error);
      passOn(request, response, next);
    });
}
