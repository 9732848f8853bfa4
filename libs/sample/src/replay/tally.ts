import { declaredOutcomes, type Answer, type DeclaredOutcome, type Outcome } from './outcome.js';

type Counts = Record<string, number>;

/** Counts what happens during a replay. */
export class Tally {
  readonly declared = Object.fromEntries(declaredOutcomes.map((name) => [name, 0])) as Record<
    DeclaredOutcome,
    number
  >;
  /** By code. */
  readonly failed: Counts = {};
  unfinished = 0;
  /** By the code of what made the repetition necessary. */
  readonly retries: Counts = {};
  /** Answers of 500 and more, by status; those that a repetition has set right too. */
  readonly serverErrors: Counts = {};
  /** From an order's first request to its final answer, in ms. */
  readonly orderMs: number[] = [];
  /** Single requests for orders, in ms. */
  readonly requestMs: number[] = [];
  private readonly begun = new Map<string, number>();

  /** An order's request goes out; only its first one counts. */
  firstSent(invoice: string, at: number): void {
    if (!this.begun.has(invoice)) this.begun.set(invoice, at);
  }

  answered({ status }: Answer): void {
    if (status >= 500) count(this.serverErrors, String(status));
  }

  took(ms: number): void {
    this.requestMs.push(ms);
  }

  retried(code: string): void {
    count(this.retries, code);
  }

  /** An order has ended. */
  ended(invoice: string, outcome: Outcome, at: number): void {
    const begun = this.begun.get(invoice);
    this.begun.delete(invoice);
    if (outcome === 'unfinished') this.unfinished++;
    else if (typeof outcome === 'object') count(this.failed, outcome.failed);
    else this.declared[outcome]++;
    if (begun !== undefined && outcome !== 'unfinished') this.orderMs.push(at - begun);
  }

  /** Orders that have ended. */
  get done(): number {
    return sum(this.declared) + sum(this.failed) + this.unfinished;
  }
}

/** What counts come to. */
export const sum = (counts: Readonly<Counts>): number => Object.values(counts).reduce((a, b) => a + b, 0);

const count = (counts: Counts, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};
