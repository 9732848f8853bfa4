import { SlidingCount } from './sliding-count.js';

export interface BudgetRule {
  /** Retries for each request, 0 to 1. */
  readonly share: number;
  /** Retries each second beside it, so that a pool with few requests has some. */
  readonly perSecond: number;
  readonly windowMs: number;
}

/**
 * How many retries a pool may make: a share of its requests, and a few. Retries of everybody would keep down what has just
 * come up.
 * @see Finagle's RetryBudget; "Handling Overload" in Site Reliability Engineering (2016)
 */
export class RetryBudget {
  private readonly requests: SlidingCount;
  private readonly retries: SlidingCount;

  constructor(
    private readonly rule: BudgetRule,
    now: () => number,
  ) {
    this.requests = new SlidingCount(rule.windowMs, now);
    this.retries = new SlidingCount(rule.windowMs, now);
  }

  /** A request, the first time that it is sent. */
  request(): void {
    this.requests.add();
  }

  /** Whether there is a retry to take. */
  get isLeft(): boolean {
    const { share, perSecond, windowMs } = this.rule;
    const most = share * this.requests.total + (perSecond * windowMs) / 1_000;
    return this.retries.total + 1 <= most;
  }

  /** Takes one that is left. */
  take(): void {
    this.retries.add();
  }
}
