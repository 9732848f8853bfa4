/**
 * Where an answer of `origin` sends the client: a place at that origin becomes a path, which the client reads at whatever address it has
 * for the gateway. Every other place stays as it is.
 *
 * @example locationFrom('http://10.0.0.7:4000', 'http://10.0.0.7:4000/login?a=1') // '/login?a=1'
 */
export function locationFrom(origin: string, location: string): string {
  // What begins with a slash already is a path, or names another host.
  if (location.startsWith('/') || !URL.canParse(location)) return location;
  const url = new URL(location);
  if (url.origin !== origin) return location;
  const path = url.pathname + url.search + url.hash;
  // `//other.example/` would be another host.
  return path.startsWith('//') ? `/.${path}` : path;
}
