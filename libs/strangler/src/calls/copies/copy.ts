import { Logger } from '@nestjs/common';
import type { FinishedCall } from '../call-observer.js';
import { isSuspect, mayLeave, mayStayOut, whatIsWrong, type CopyReport, type CopyState } from './leaving.js';
import { RecentCalls } from './recent-calls.js';

/** So many times as long as the first time a copy is out at most: a minute, by default. */
const longestAway = 12;
/** Who has stayed for so long begins anew, in ms. */
const forgivenMs = 120_000;
/** What the others have said holds for so long, in ms. */
const heldForMs = 1_000;

/** What a {@link Copy} works with. */
export interface CopyParts {
  readonly id: string;
  readonly module: string;
  /** How long it is out the first time, in ms. */
  readonly awayMs: number;
  /** Asks all copies of the module on this side and database, and answers what the others say. Never rejects. */
  readonly others: () => Promise<readonly CopyReport[]>;
  /** Leaves the queue group, or comes back to it. */
  readonly move: () => void;
}

/** One copy of a service, among others of the same side and database. */
export class Copy {
  private readonly logger: Logger;
  private readonly calls = new RecentCalls();
  private state: CopyState = 'in';
  private reason: string | null = null;
  private changedAt = -Infinity;
  private times = 0;
  private looking = false;

  constructor(private readonly parts: CopyParts) {
    this.logger = new Logger(`${Copy.name} ${parts.module}`);
  }

  get isOut(): boolean {
    return this.state === 'out';
  }

  finished({ at, ms, outcome }: Pick<FinishedCall, 'at' | 'ms' | 'outcome'>): void {
    this.calls.add({ at, ms, failed: outcome === 'error' });
  }

  report(loopMs: number): CopyReport {
    const { state, reason } = this;
    return { id: this.parts.id, state, reason, figures: this.calls.figures(performance.now(), loopMs) };
  }

  /** One look at how it does. Does nothing while one is under way. */
  async look(loopMs: number): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      await (this.isOut ? this.perhapsReturn() : this.perhapsLeave(loopMs));
    } finally {
      this.looking = false;
    }
  }

  /**
   * It says that it leaves before it asks who else does. So of two that want to at once, the one that asks later sees the other, and
   * perhaps each sees the other: then both stay, and one of them is faster the next time.
   */
  private async perhapsLeave(loopMs: number): Promise<void> {
    const { figures } = this.report(loopMs);
    const { others } = this.parts;
    if (!isSuspect(figures) || whatIsWrong(figures, await others()) === undefined) return;
    this.state = 'leaving';
    const asked = performance.now();
    const now = await others();
    const wrong = whatIsWrong(figures, now);
    // A process that was stopped meanwhile has heard what may not be so any more.
    const holds = performance.now() - asked < heldForMs;
    if (wrong === undefined || !holds || !mayLeave(now)) {
      this.state = 'in';
      return;
    }
    this.times = asked - this.changedAt > forgivenMs ? 1 : this.times + 1;
    this.turn('out', wrong);
    this.logger.warn({ msg: 'takes no calls for a while', reason: wrong, awayMs: this.awayMs });
  }

  private async perhapsReturn(): Promise<void> {
    const isOver = performance.now() - this.changedAt >= this.awayMs;
    if (!isOver && mayStayOut(await this.parts.others())) return;
    // It is judged by what it does from now on.
    this.calls.forget();
    this.turn('in', null);
    this.logger.log(isOver ? 'takes calls again' : 'takes calls again, for too few others do');
  }

  private get awayMs(): number {
    return this.parts.awayMs * Math.min(2 ** (this.times - 1), longestAway);
  }

  private turn(state: 'in' | 'out', reason: string | null): void {
    Object.assign(this, { state, reason });
    this.changedAt = performance.now();
    this.parts.move();
  }
}
