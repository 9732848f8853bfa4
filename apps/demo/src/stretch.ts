import { type Latencies, latenciesOf } from '#sample';

/** What the load has come to so far. */
export interface Running {
  /** From an order's first request to its final answer, ms, in the order of their ends. */
  orderMs: readonly number[];
  /** When an order was promised, ms, rising. */
  promisedAt: readonly number[];
  errorCount: number;
}

/** A moment, as places in what is running. */
export interface Mark {
  at: number;
  orders: number;
  promised: number;
  errors: number;
}

/** What happened while a module was in one phase. */
export interface Stretch {
  place: string;
  seconds: number;
  orders: number;
  latency: Latencies;
  errors: number;
  /** The worst that was seen, ms; null: nothing was replicated. */
  lagMs: number | null;
  /** See `longestPause`. */
  pauseMs: number | null;
}

/** Marks this moment. */
export const markOf = ({ orderMs, promisedAt, errorCount }: Running, at: number): Mark => ({
  at,
  orders: orderMs.length,
  promised: promisedAt.length,
  errors: errorCount,
});

/** What happened between two moments. */
export function stretchOf(
  running: Running,
  from: Mark,
  to: Mark,
  place: string,
  lagMs: number | null,
): Stretch {
  return {
    place,
    seconds: (to.at - from.at) / 1_000,
    orders: to.orders - from.orders,
    latency: latenciesOf(running.orderMs.slice(from.orders, to.orders)),
    errors: to.errors - from.errors,
    lagMs,
    pauseMs: longestPause(running.promisedAt.slice(Math.max(0, from.promised - 1), to.promised), to.at),
  };
}

/**
 * The longest time in which no order was promised, ms: between two promises in a row, or from the last one until now. At a
 * steady rate it is never below the time between two orders. `null`: none was promised.
 */
export function longestPause(promisedAt: readonly number[], until?: number): number | null {
  const times = until === undefined ? promisedAt : [...promisedAt, until];
  if (promisedAt.length === 0) return null;
  return times.slice(1).reduce((longest, at, i) => Math.max(longest, at - times[i]!), 0);
}
