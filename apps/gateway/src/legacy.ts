import type { Elsewhere } from '#api';
import { passThrough, type PassThrough, type RouteTraffic, type Times, type UpstreamPool } from '#edge';

interface Options {
  times: Partial<Times>;
  /** Before this process, that are trusted. */
  proxies: number;
}

/** What is not the API's: routes of the edge, and the application that everything else goes to, if there is one. */
export function elsewhere(
  routes: RouteTraffic,
  legacy: UpstreamPool | undefined,
  options: Options,
): Elsewhere {
  const to = ({ choose: upstreamOf, mayMove, done: onDone }: RouteTraffic | UpstreamPool) =>
    passThrough({ upstreamOf, mayMove, onDone, ...options });
  const [toUpstreamOfRoute, toLegacy] = [to(routes), legacy && to(legacy)];
  const toRoute: PassThrough = (request, response, next, own) =>
    routes.handler(request, response, (error) => {
      if (error !== undefined) return next(error);
      toUpstreamOfRoute(request, response, next, own);
    });
  return (request) => (routes.hasRoute(request) ? toRoute : toLegacy);
}
