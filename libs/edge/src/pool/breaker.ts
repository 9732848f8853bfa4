import { SlidingCount } from './sliding-count.js';

export interface BreakerRule {
  /** It opens when this share of the requests within `windowMs` has failed, 0 to 1. */
  readonly share: number;
  /** Of fewer requests nothing is concluded. */
  readonly least: number;
  readonly windowMs: number;
  /** Of each such time one request is let through, in ms. */
  readonly openMs: number;
}

/** What became of a request; `unknown`: it says nothing of the other side, as one whose client went away. */
export type Verdict = 'ok' | 'failed' | 'unknown';

/**
 * Lets nothing through to what does not answer, but one request each `openMs`: it closes when that one is answered.
 * @see Nygard, "Release It!" (2007), "Circuit Breaker"
 */
export class Breaker {
  private readonly all: SlidingCount;
  private readonly failed: SlidingCount;
  private openUntil: number | undefined;
  /** Goes up when it opens: requests from before say nothing any more. */
  private epoch = 0;

  constructor(
    private readonly rule: BreakerRule,
    private readonly now: () => number,
  ) {
    this.all = new SlidingCount(rule.windowMs, now);
    this.failed = new SlidingCount(rule.windowMs, now);
  }

  get isOpen(): boolean {
    return this.openUntil !== undefined;
  }

  /** Until a trial may be made, in ms. */
  get waitMs(): number {
    return Math.max(0, (this.openUntil ?? 0) - this.now());
  }

  /** @returns what is to be told once how the request ended; `undefined`: it is refused. Who never tells holds nothing up. */
  enter(): ((verdict: Verdict) => void) | undefined {
    const { epoch } = this;
    if (!this.isOpen) return (verdict) => epoch === this.epoch && this.count(verdict);
    if (this.waitMs > 0) return undefined;
    this.openUntil = this.now() + this.rule.openMs;
    return (verdict) => this.endTrial(verdict);
  }

  private count(verdict: Verdict): void {
    if (verdict === 'unknown') return;
    this.all.add();
    if (verdict === 'ok') return;
    this.failed.add();
    const total = this.all.total;
    if (total >= this.rule.least && this.failed.total >= this.rule.share * total) this.open();
  }

  private endTrial(verdict: Verdict): void {
    if (!this.isOpen) return;
    if (verdict === 'ok') this.openUntil = undefined;
    else this.openUntil = this.now() + (verdict === 'failed' ? this.rule.openMs : 0);
  }

  private open(): void {
    this.openUntil = this.now() + this.rule.openMs;
    this.epoch++;
    this.all.clear();
    this.failed.clear();
  }
}
