/**
 * The route whose path is the longest that begins the path of a request, segment by segment; `undefined`: none does. Letters
 * count alike in either case, as in many frameworks: a write must not reach the old upstream by its spelling.
 *
 * @param path of a request that the guard has let pass (`routeOf`): without query, dot segments and other spellings.
 */
export function routeFor<R extends { readonly path: string }>(
  routes: readonly R[],
  path: string,
): R | undefined {
  const whole = slashed(path);
  let found: R | undefined;
  for (const route of routes) {
    const longer = found === undefined || route.path.length > found.path.length;
    if (longer && whole.startsWith(slashed(route.path))) found = route;
  }
  return found;
}

/** With one slash at the end, so that `/reports` does not begin `/reportsx`. */
const slashed = (path: string): string => `${path.toLowerCase()}/`.replace('//', '/');
