/** The value below which this share (0 to 1) of the values lies; NaN: there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

const edges = [1, 2, 3, 5, 8, 13, 20, 30, 50, 100, 250];
const width = 40;

/** Lines of a bar chart: how many values, in ms, lie in each range. */
export function histogram(values: readonly number[]): string[] {
  const counts = [...edges, Infinity].map(
    (edge, i) => values.filter((value) => value < edge && value >= (edges[i - 1] ?? 0)).length,
  );
  const most = Math.max(1, ...counts);
  const last = counts.findLastIndex((count) => count > 0);
  return counts.slice(0, last + 1).map((count, i) => {
    const range = i < edges.length ? `< ${edges[i]} ms` : 'more';
    const bar = '#'.repeat(Math.ceil((count / most) * width));
    return `${range.padStart(8)} ${String(count).padStart(6)} ${bar}`.trimEnd();
  });
}
