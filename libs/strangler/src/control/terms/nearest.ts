import { closest, distance } from 'fastest-levenshtein';

/**
 * `; did you mean bake?` where one of the names is near enough, else `(there are ack, bake)`.
 *
 * @internal
 */
export function nearest(name: string, names: readonly string[]): string {
  const near = closest(name, names);
  const close = distance(name, near) <= Math.max(1, Math.ceil(near.length / 3)) || near.startsWith(name);
  return close ? `; did you mean ${near}?` : ` (there are ${names.join(', ')})`;
}
