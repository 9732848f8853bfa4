import type { Calls } from '../evidence/evidence.js';
import { bucketOfMs, emptyHistogram } from '../evidence/histogram.js';

/** Counts calls until they are written down. */
export class CallCount {
  private calls = 0;
  private errors = 0;
  private latency = emptyHistogram();

  add(ms: number, failed: boolean): void {
    this.calls++;
    if (failed) this.errors++;
    const bucket = bucketOfMs(ms);
    this.latency[bucket] = (this.latency[bucket] as number) + 1;
  }

  /** Puts back what could not be written down. */
  restore({ calls, errors, latency }: Calls): void {
    this.calls += calls;
    this.errors += errors;
    this.latency = this.latency.map((each, i) => each + (latency[i] ?? 0));
  }

  /** What was counted since the last time; undefined: nothing. */
  take(): Calls | undefined {
    const { calls, errors, latency } = this;
    if (calls === 0) return undefined;
    this.calls = this.errors = 0;
    this.latency = emptyHistogram();
    return { calls, errors, latency };
  }
}
