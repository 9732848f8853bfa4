import { setTimeout as sleep } from 'node:timers/promises';

/** Time as the controller reads it; tests hand in their own. */
export interface Clock {
  /** ms since 1970. Never goes back, so that it also measures: people set the clocks of machines, and machines differ. */
  now(): number;
  /** It is not before this moment (ms since 1970): somebody has written it down. */
  saw(moment: number): void;
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * A clock that nobody sets, which stands at the latest moment that it has seen: that of the database when the process starts, and what
 * other leaders have written since. So an age is never negative, and never larger because of the clock of a machine. The idea is that of
 * a hybrid logical clock (Kulkarni and others, 2014).
 */
export class SteadyClock implements Clock {
  /** The moment at which `performance.now()` was 0. */
  private origin = 0;

  now(): number {
    return this.origin + performance.now();
  }

  saw(moment: number): void {
    this.origin = Math.max(this.origin, moment - performance.now());
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
