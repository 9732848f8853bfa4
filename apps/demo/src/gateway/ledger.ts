import type { Visit } from './visits.js';

/** Who answered, as `X-Served-By` says it: the legacy application, or the module that the route moves to. */
export type Side = 'legacy' | 'module';

/** What became of a request. */
export interface Outcome {
  /** `undefined`: nobody said. */
  side: Side | undefined;
  ms: number;
  /** What is wrong with the answer; `undefined`: nothing. */
  fault?: string | undefined;
}

/** The requests of one route. */
export interface Tally {
  sent: number;
  failed: number;
  /** Durations of good answers, ms, in the order of their ends. */
  ms: Record<Side, number[]>;
}

const firstFaults = 5;

/** What customers were answered. */
export class Ledger {
  private readonly tallies = new Map<Visit['route'], Tally>();
  /** The first faults, in words. */
  readonly faults: string[] = [];
  sent = 0;
  failed = 0;

  note({ route, method, path }: Visit, { side, ms, fault }: Outcome): void {
    const tally = this.of(route);
    this.sent++;
    tally.sent++;
    if (fault === undefined) {
      tally.ms[side ?? 'legacy'].push(ms);
      return;
    }
    this.failed++;
    tally.failed++;
    if (this.faults.length < firstFaults) this.faults.push(`${method} ${path}: ${fault}`);
  }

  of(route: Visit['route']): Tally {
    const tally = this.tallies.get(route) ?? { sent: 0, failed: 0, ms: { legacy: [], module: [] } };
    this.tallies.set(route, tally);
    return tally;
  }
}
