/** What is told of many latencies, in ms; `null` where there were none. */
export interface Latencies {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

/** Percentiles by nearest rank: each is a latency that some order really had. */
export function latenciesOf(durations: readonly number[]): Latencies {
  const sorted = [...durations].sort((a, b) => a - b);
  const rank = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? null;
  return { p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100) };
}
