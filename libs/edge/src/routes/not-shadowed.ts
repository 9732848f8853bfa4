import { WishesError, type RouteWish } from 'nestjs-strangler/internal';

/** Paths that the gateway answers itself, before any route. */
export interface ApiPaths {
  /** Whether it is one of them. */
  has(path: string): boolean;
  /** The pattern of one that is below it; `undefined`: none is. */
  below(path: string): string | undefined;
}

type Placed = Pick<RouteWish, 'path' | 'line'>;

/** The routes, if each of them can get requests. @throws {WishesError} for one whose path is the API's: nothing would ever move. */
export function notShadowed<R extends Placed>(routes: readonly R[], api: ApiPaths): readonly R[] {
  const shadowed = routes.find(({ path }) => api.has(path));
  if (!shadowed) return routes;
  const { path, line } = shadowed;
  throw new WishesError(
    `edge: ${path} is a path of the API: the gateway answers it itself, and the route would get nothing; take it out`,
    line,
  );
}

/** What a route does not get although it is below its path; undefined: it gets all of it. */
export function noteOnShadow({ path }: Placed, api: ApiPaths): string | undefined {
  const own = path === '/' ? undefined : api.below(path);
  return own && `${path}: what the API has below it, as ${own}, is answered by the gateway itself`;
}
