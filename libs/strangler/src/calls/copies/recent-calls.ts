import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** What is looked at, in ms, and of how many calls at most. */
const windowMs = 10_000;
const mostCalls = 256;

/** How a copy of a service does, by the calls that it has answered of late. */
export interface CopyFigures {
  readonly calls: number;
  /** So many of them ended with an error that no contract declares. */
  readonly failed: number;
  /** Nine of ten were answered within so many ms, with what they waited for the event loop. */
  readonly p90Ms: number;
}

/** The last calls of one module that this process has answered. On the path of each: so it only writes them down. */
export class RecentCalls {
  private readonly at = new Float64Array(mostCalls).fill(-Infinity);
  private readonly ms = new Float64Array(mostCalls);
  private readonly failed = new Uint8Array(mostCalls);
  private next = 0;

  add(call: { at: number; ms: number; failed: boolean }): void {
    const { next } = this;
    this.at[next] = call.at;
    this.ms[next] = call.ms;
    this.failed[next] = call.failed ? 1 : 0;
    this.next = (next + 1) % mostCalls;
  }

  /** What was before says nothing any more. */
  forget(): void {
    this.at.fill(-Infinity);
  }

  /** `now`: by `performance.now()`. `loopMs`: what a call waits for its turn. */
  figures(now: number, loopMs: number): CopyFigures {
    const times: number[] = [];
    let failed = 0;
    for (let i = 0; i < mostCalls; i++) {
      if (now - this.at[i]! > windowMs) continue;
      times.push(this.ms[i]!);
      failed += this.failed[i]!;
    }
    times.sort((a, b) => a - b);
    const p90 = times[Math.max(0, Math.ceil(times.length * 0.9) - 1)] ?? 0;
    return { calls: times.length, failed, p90Ms: Math.round(p90 + loopMs) };
  }
}

/** How long work waits for its turn in this process's event loop. */
export class LoopDelay {
  private histogram: IntervalHistogram | undefined;

  start(): void {
    this.histogram = monitorEventLoopDelay({ resolution });
    this.histogram.enable();
  }

  stop(): void {
    this.histogram?.disable();
  }

  /** Of the time since the last look, in ms: nine of ten looks of the loop came no later. */
  take(): number {
    const p90 = (this.histogram?.percentile(90) ?? 0) / 1e6;
    this.histogram?.reset();
    return Math.max(0, p90 - resolution);
  }
}

/** How often the loop is looked at, in ms. */
const resolution = 20;
