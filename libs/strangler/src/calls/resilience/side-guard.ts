import { Logger } from '@nestjs/common';
import {
  circuitBreaker,
  CircuitState,
  CountBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  type IBackoff,
  type IBackoffFactory,
} from 'cockatiel';
import { UnservedError } from '../../database/refusals.js';
import type { Side } from '../../routes/phase.js';
import { HeldBackError } from './failures.js';
import { RetryBudget } from './retry-budget.js';

/** More than four of five failed, of the last 20 calls: one of two copies that hangs does not close the way to the other one. */
const opensAt = { threshold: 0.8, size: 20, minimumNumberOfCalls: 10 };
/** How long a breaker is open before one call tries again, in ms: first and at most. */
const firstPauseMs = 200;
const longestPauseMs = 2_000;

export type BreakerState = 'closed' | 'open' | 'half-open';

/** How many calls of one operation to one side are under way, and may be. */
export interface BulkheadFigures {
  readonly operation: string;
  readonly atOnce: number;
  readonly running: number;
  readonly waiting: number;
  /** Since the start. */
  readonly refused: number;
}

/** How calls to one side of a module are guarded just now. */
export interface SideFigures {
  readonly module: string;
  readonly side: Side;
  readonly breaker: BreakerState;
  /** Since the last call that failed, or was held back, in ms; null: there was none. */
  readonly failedMsAgo: number | null;
  /** Why it has opened last; null: never. */
  readonly reason: string | null;
  /** Since the start: how often the breaker has opened, calls that it has held back, retries made, and those without a budget. */
  readonly opened: number;
  readonly heldBack: number;
  readonly retries: number;
  readonly retriesRefused: number;
  /** Of each operation that has been called. */
  readonly bulkheads: readonly BulkheadFigures[];
}

/** What a call came to that did not fail: an error can be an answer, too. */
export type Concluded = { readonly output: unknown } | { readonly refusal: unknown };

/**
 * Pauses by a clock that nobody sets. The breaker compares how long ago it has opened, by the clock of the machine, with a pause: of one that
 * is over it is told that it is shorter than anything, of another that it has no end.
 */
const steady = <T>(pauses: IBackoffFactory<T>): IBackoffFactory<T> => ({
  next: (context) => {
    const pause: IBackoff<T> = pauses.next(context);
    const endsAt = performance.now() + pause.duration;
    return {
      ...steady(pause),
      get duration() {
        return performance.now() < endsAt ? Infinity : -Infinity;
      },
    };
  },
});

/** A failure that says nothing of the side: of a process without a connection, or without the time. */
export class Inconclusive extends Error {
  constructor(readonly failure: unknown) {
    super();
  }
}

/** The breaker and the retry budget of one side of a module, whatever the operation. */
export class SideGuard {
  readonly budget = new RetryBudget();
  private readonly log = new Logger('Calls');
  private isDown = false;
  private opened = 0;
  private heldBack = 0;
  private failedAt: number | undefined;
  private readonly breaker = circuitBreaker(
    // Of the call that tries again it says that nothing is known: the breaker stays open.
    handleWhen((error) => !(error instanceof Inconclusive) || this.breaker.state === CircuitState.HalfOpen),
    {
      breaker: new CountBreaker(opensAt),
      halfOpenAfter: steady(new ExponentialBackoff({ initialDelay: firstPauseMs, maxDelay: longestPauseMs })),
    },
  );

  constructor(
    private readonly module: string,
    private readonly side: Side,
  ) {
    this.breaker.onBreak(() => {
      // Also told of a probe that failed: that is one and the same outage.
      if (this.isDown) return;
      this.isDown = true;
      this.opened++;
      this.log.warn({ msg: 'calls are held back', module, side, reason: this.reason() });
    });
    this.breaker.onReset(() => {
      this.isDown = false;
      this.log.log({ msg: 'calls are made again', module, side });
    });
  }

  /** Makes a call, if any are made now. @throws what `call` throws: that is a failure of the side. */
  async run(call: () => Promise<Concluded>): Promise<Concluded> {
    // Others than the one that tries again would wait for its end, however little time they have.
    if (this.breaker.state === CircuitState.HalfOpen) throw this.refusal();
    try {
      return await this.breaker.execute(call);
    } catch (error) {
      if (error instanceof Inconclusive) throw error.failure;
      if (isBrokenCircuitError(error)) throw this.refusal();
      this.failedAt = performance.now();
      throw error;
    }
  }

  figures(): Omit<SideFigures, 'bulkheads'> {
    const { module, side, opened, heldBack } = this;
    const { taken: retries, refused: retriesRefused } = this.budget.figures;
    const { state: breaker, failedAt } = this;
    const failedMsAgo = failedAt === undefined ? null : Math.round(performance.now() - failedAt);
    const reason = this.reason();
    return { module, side, breaker, failedMsAgo, reason, opened, heldBack, retries, retriesRefused };
  }

  private get state(): BreakerState {
    switch (this.breaker.state) {
      case CircuitState.Closed:
        return 'closed';
      case CircuitState.HalfOpen:
        return 'half-open';
      default:
        return 'open';
    }
  }

  private lastFailure(): Error | undefined {
    const last = this.breaker.lastFailure;
    const error = last && 'error' in last ? last.error : undefined;
    return error instanceof Inconclusive ? (error.failure as Error) : error;
  }

  private reason(): string | null {
    return this.lastFailure()?.message ?? null;
  }

  /** That nobody is there leads on to another side: so it goes on to be said as it was. */
  private refusal(): Error {
    this.heldBack++;
    this.failedAt = performance.now();
    const { module, side } = this;
    const last = this.lastFailure();
    const text = `${module} fails on the side ${side}, and is asked again in a moment: ${last?.message ?? ''}`;
    return last instanceof UnservedError ? new UnservedError(module, text) : new HeldBackError(module, text);
  }
}
