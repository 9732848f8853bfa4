/**
 * Says when the next order may begin: a token bucket, written as the generic cell rate algorithm (ITU-T I.371), which
 * needs no timer. The bucket holds 50 ms of orders, so that late timers do not lower the rate.
 */
export class Pace {
  private readonly intervalMs: number;
  private readonly slackMs: number;
  private nextAt = -Infinity;

  /** @param rate orders a second; `Infinity`: no waiting. */
  constructor(rate: number) {
    this.intervalMs = 1_000 / rate;
    this.slackMs = Math.max(0, 50 - this.intervalMs);
  }

  /** Takes the next place and says how long to wait for it, in ms. */
  take(now: number): number {
    const at = Math.max(this.nextAt, now - this.slackMs);
    this.nextAt = at + this.intervalMs;
    return Math.max(0, at - now);
  }
}
