/** One page of a list and where the next one begins; `null` at the end. */
export interface KeysetPage<T> {
  items: T[];
  next: string | null;
}

/**
 * Cuts a page of `limit` items from rows that were read with one more than that: the one more says whether there is a
 * next page. Keyset pagination (Winand, "No Offset"): a page stays the same while rows are added before it.
 */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): KeysetPage<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? keyOf(last) : null };
}
