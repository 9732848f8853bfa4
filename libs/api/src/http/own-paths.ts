import type { NestExpressApplication } from '@nestjs/platform-express';

/** Which paths an application answers itself; known once it is set up. */
export interface OwnPaths {
  /** Whether a path is one of them, whatever the method. */
  has(path: string): boolean;
  /** The pattern of one that is below a path; `undefined`: none is. */
  below(path: string): string | undefined;
}

interface Layer {
  match(path: string): boolean;
  route?: { path: string };
}

/** The paths of an API. */
export function ownPaths(app: Pick<NestExpressApplication, 'getHttpAdapter'>): OwnPaths {
  let known: Map<string, Layer[]> | undefined;
  const routes = () => (known ??= byFirstSegment(stackOf(app)));
  return {
    has: (path) => {
      const lower = path.toLowerCase();
      const first = firstOf(lower);
      // The page of the docs has files of its own.
      if (first === 'docs') return true;
      const layers = routes().get(first);
      if (!layers) return false;
      const paths =
        first === 'api' && !/^\/api\/v\d+\//.test(lower)
          ? [path, `/api/v1${path.slice('/api'.length)}`]
          : [path];
      return paths.some((one) => layers.some((layer) => matches(layer, one)));
    },
    below: (path) => {
      const layers = routes().get(firstOf(path.toLowerCase())) ?? [];
      return layers
        .map(({ route }) => route!.path)
        .find((pattern) => pattern.toLowerCase().startsWith(`${path.toLowerCase()}/`));
    },
  };
}

/** A parameter that cannot be decoded makes the router throw: nothing answers such a path. */
function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}

const stackOf = (app: Pick<NestExpressApplication, 'getHttpAdapter'>) =>
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

/** Of a process without the API. */
export const noPaths: OwnPaths = { has: () => false, below: () => undefined };
