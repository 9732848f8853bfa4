import type { CallObserver, FinishedCall } from '../../calls/call-observer.js';
import { ByNames } from '../../evidence/by-names.js';
import type { Side } from '../../routes/phase.js';

/** Upper bounds of the histogram's buckets, in seconds. */
export const callBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export type CallLabels = Readonly<Record<'module' | 'operation' | 'side' | 'outcome', string>>;

/** A histogram's figures of one set of labels. */
export interface Tally {
  readonly labels: CallLabels;
  /** Calls by bucket, not summed up; the last one has those above all bounds. */
  readonly counts: readonly number[];
  readonly count: number;
  /** In seconds. */
  readonly sum: number;
}

interface Cell {
  labels: CallLabels;
  counts: number[];
  sum: number;
}

/**
 * Counts calls by module, operation, side and outcome, for a histogram that somebody scrapes. On the path of every call: so it
 * only adds up, and what is made of it is made when it is asked for. All its names are those of contracts: it cannot grow.
 */
export class CallTally implements CallObserver {
  private readonly cells = new ByNames<Cell>();

  finished({ module, operation, side, outcome, ms }: FinishedCall): void {
    const cell = this.cell(module, operation, side, outcome);
    const seconds = ms / 1_000;
    let bucket = 0;
    while (bucket < callBounds.length && seconds > callBounds[bucket]!) bucket++;
    cell.counts[bucket]!++;
    cell.sum += seconds;
  }

  answered(): void {
    // An answer is counted when its call has finished.
  }

  read(): Tally[] {
    return this.cells.values().map(({ labels, counts, sum }) => ({
      ...{ labels, sum, counts: [...counts] },
      count: counts.reduce((all, each) => all + each, 0),
    }));
  }

  private cell(module: string, operation: string, side: Side, outcome: FinishedCall['outcome']): Cell {
    const cells = this.cells.at(module).at(operation).at(side).at(outcome);
    return cells.get(() => ({
      labels: { module, operation, side, outcome },
      counts: new Array<number>(callBounds.length + 1).fill(0),
      sum: 0,
    }));
  }
}

/**
 * Tells several observers of each call.
 *
 * @internal
 */
export const observers = (...all: readonly CallObserver[]): CallObserver => ({
  finished: (call) => {
    for (const each of all) each.finished(call);
  },
  answered: (query) => {
    for (const each of all) each.answered(query);
  },
  committed: (command) => {
    for (const each of all) each.committed?.(command);
  },
});
