import type { AnsweredQuery, CallObserver, FinishedCall } from '../call-observer.js';
import type { ShadowReads } from '../shadow/shadow-reads.js';
import { CallStats } from './call-stats.js';

/** A module that was called here within this time is still in use here, in ms. */
const recentMs = 5_000;

/** Sees every call of this process: counts it for the gates, and hands queries on to the shadow reads. */
export class CallWatch implements CallObserver {
  /** Set once there is a controller. */
  shadow: ShadowReads | undefined;
  private readonly stats = new Map<string, CallStats>();
  /** When an operation was last served on the side `monolith`, by its name with its module's. */
  private readonly lastHere = new Map<string, number>();

  finished({ module, operation, side, ms, outcome }: FinishedCall): void {
    this.of(module).record(side, ms, outcome === 'error');
    if (side === 'monolith') this.lastHere.set(`${module}.${operation}`, performance.now());
  }

  answered(query: AnsweredQuery): void {
    this.shadow?.answered(query);
  }

  /** The figures of a module since its last reset. */
  of(module: string): CallStats {
    let stats = this.stats.get(module);
    if (!stats) this.stats.set(module, (stats = new CallStats()));
    return stats;
  }

  /** Operations of the module that the monolith has served just now. */
  servedHere(module: string): string[] {
    const since = performance.now() - recentMs;
    return [...this.lastHere].flatMap(([name, at]) =>
      name.startsWith(`${module}.`) && at > since ? [name] : [],
    );
  }
}
