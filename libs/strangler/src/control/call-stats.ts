import type { Side } from '../phase.js';

/** So many latest calls of a side make its percentiles. */
const window = 4_096;

/** How one side of a module has done since the last reset. */
export interface SideStats {
  calls: number;
  /** Calls that ended with `internal`, `unavailable` or an unknown outcome; a refusal that the contract declares is none. */
  errors: number;
  /** ms; null: no calls yet. */
  p50Ms: number | null;
  p99Ms: number | null;
}

/** Counts what the router has seen of a module's two sides: the figures behind the gates. */
export class CallStats {
  private readonly sides: Record<Side, Tally> = { monolith: new Tally(), extracted: new Tally() };

  record(side: Side, ms: number, failed: boolean): void {
    this.sides[side].add(ms, failed);
  }

  of(side: Side): SideStats {
    return this.sides[side].stats();
  }

  /** Begins anew: a step is judged by its own calls. */
  reset(): void {
    this.sides.monolith = new Tally();
    this.sides.extracted = new Tally();
  }
}

/** Counters, and a ring of the latest durations. */
class Tally {
  private calls = 0;
  private errors = 0;
  private readonly ring: number[] = [];

  add(ms: number, failed: boolean): void {
    this.ring[this.calls % window] = ms;
    this.calls++;
    if (failed) this.errors++;
  }

  stats(): SideStats {
    const sorted = [...this.ring].sort((a, b) => a - b);
    return { calls: this.calls, errors: this.errors, p50Ms: rank(sorted, 0.5), p99Ms: rank(sorted, 0.99) };
  }
}

/** Nearest-rank percentile. */
const rank = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
