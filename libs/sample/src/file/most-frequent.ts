/** The value that occurs most often; of several, the one that occurs last. `undefined` when there is none. */
export function mostFrequent<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  let best: { value: T; count: number } | undefined;
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const value of values) {
    const count = counts.get(value) as number;
    if (!best || count >= best.count) best = { value, count };
  }
  return best?.value;
}
