/** Ids of outbox rows, of an array as PostgreSQL writes it: `{1,2,7}` → `[1, 2, 7]`. */
export const idsOf = (array: string): number[] =>
  array === '{}' ? [] : array.slice(1, -1).split(',').map(Number);

/**
 * Ids as an `int8multirange`: `[1, 2, 7]` → `{[1,3),[7,8)}`. A statement's changes are neighbours, so there are few ranges, and
 * PostgreSQL looks an id up in them by halves.
 */
export function multirange(ids: readonly number[]): string {
  const sorted = Float64Array.from(ids).sort();
  const ranges: string[] = [];
  for (let first = 0, next = 1; next <= sorted.length; next++) {
    if (sorted[next]! - sorted[next - 1]! <= 1) continue;
    ranges.push(`[${sorted[first]},${sorted[next - 1]! + 1})`);
    first = next;
  }
  return `{${ranges.join()}}`;
}
