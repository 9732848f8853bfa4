import { hasBody, routeOf } from '#edge';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, RequestHandler } from 'express';
import type { LimitHandler } from '../limits/limit-requests.js';
import { connectionLimits } from './bounded-adapter.js';

/** Divides requests: a path is the API's, whatever the method, or it is not; then `limit` is asked, which the API asks for itself. */
export function divide(
  app: NestExpressApplication,
  elsewhere: RequestHandler,
  limit: LimitHandler,
): RequestHandler {
  const isOwn = ownPaths(app);
  return (request, response, next) => {
    if (isOwn(routeOf(request))) {
      endLateBody(request);
      return next();
    }
    response.locals['route'] = 'elsewhere';
    const notPassedOn = (error?: unknown): void => {
      // Nobody reads its body, and the server would wait for that as long as for an upload.
      if (hasBody(request) && !request.complete) response.setHeader('Connection', 'close');
      next(error);
    };
    // Whose answers these are says himself who may keep them.
    response.removeHeader('Cache-Control');
    try {
      limit(request, response, () => elsewhere(request, response, notPassedOn));
    } catch (refused) {
      notPassedOn(refused);
    }
  };
}

/** The server waits longer for bodies than the API does. */
function endLateBody(request: Request): void {
  if (!hasBody(request)) return;
  const timer = setTimeout(() => request.destroy(), connectionLimits.requestMs);
  request.once('close', () => clearTimeout(timer));
}

interface Layer {
  match(path: string): boolean;
  route?: { path: string };
}

/** Which paths are the API's; known once it is set up, when the first request is there. */
function ownPaths(app: NestExpressApplication): (path: string) => boolean {
  let routes: Map<string, Layer[]> | undefined;
  return (path) => {
    routes ??= byFirstSegment(stackOf(app));
    const lower = path.toLowerCase();
    const first = firstOf(lower);
    // The page of the docs has files of its own.
    if (first === 'docs') return true;
    const layers = routes.get(first);
    if (!layers) return false;
    const paths =
      first === 'api' && !/^\/api\/v\d+\//.test(lower)
        ? [path, `/api/v1${path.slice('/api'.length)}`]
        : [path];
    return paths.some((one) => layers.some((layer) => layer.match(one)));
  };
}

const stackOf = (app: NestExpressApplication) =>
  (app.getHttpAdapter().getInstance() as unknown as { router: { stack: readonly Layer[] } }).router.stack;

function byFirstSegment(stack: readonly Layer[]): Map<string, Layer[]> {
  const routes = new Map<string, Layer[]>();
  for (const layer of stack) {
    if (!layer.route) continue;
    const first = firstOf(layer.route.path.toLowerCase());
    routes.set(first, [...(routes.get(first) ?? []), layer]);
  }
  return routes;
}

const firstOf = (path: string): string => path.slice(1).split('/', 1)[0] ?? '';
