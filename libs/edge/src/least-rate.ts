/** How slow a client may be, while it is what is waited for. */
export interface LeastRate {
  /** Over so much time of waiting it is judged, in ms: a pause, or a slow start, is no harm. */
  readonly overMs: number;
  /** 0: as slow as it likes. */
  readonly bytesPerS: number;
}

/**
 * How fast a client is: one that moves a byte now and then is never idle. It is looked at now and then, and costs no timer of its own.
 * @see Apache, mod_reqtimeout (`body=20,MinRate=500`)
 */
export class Pace {
  /** That have moved since it was judged last. */
  bytes = 0;
  private waitedMs = 0;

  /** `lookedAt`: ms of a clock that nobody sets. */
  constructor(
    private readonly least: LeastRate,
    private lookedAt: number,
  ) {}

  /** A look: `waits` says whether it is the client who is waited for. What an upstream makes it wait counts for nothing. */
  isSlow(now: number, waits: boolean): boolean {
    if (waits) this.waitedMs += now - this.lookedAt;
    this.lookedAt = now;
    const { overMs, bytesPerS } = this.least;
    if (this.waitedMs < overMs) return false;
    const slow = this.bytes * 1_000 < bytesPerS * this.waitedMs;
    this.bytes = this.waitedMs = 0;
    return slow;
  }
}
