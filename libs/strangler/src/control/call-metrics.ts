import { Logger } from '@nestjs/common';
import type { AnsweredQuery, CallObserver, CommittedCommand, FinishedCall } from '../calls/call-observer.js';
import type { Rehearsals } from '../calls/rehearsal/rehearsals.js';
import { policyOf, type Routes } from '../routes/routes.js';
import type { ShadowReads } from '../calls/shadow/shadow-reads.js';
import type { Side } from '../routes/phase.js';
import type { Origin } from '../evidence/evidence.js';
import type { Queryable } from '../database/database.js';
import { ByNames } from '../evidence/by-names.js';
import { Windows, type CallDelta } from '../evidence/windows.js';
import { inTurn } from '../database/in-turn.js';
import { CallCount } from './call-count.js';

/** A module that was called here within this time is still in use here, in ms. */
const recentMs = 5_000;
/** How often calls are written down, in ms: a process that dies loses no more. */
const flushMs = 1_000;
/** How often what nobody looks at any more is forgotten, in ms. */
const pruneMs = 600_000;

interface Counted {
  module: string;
  side: Side;
  origin: Origin;
  tally: CallCount;
}

/**
 * Sees every call of this process: counts it for the gates, and hands queries on to the shadow reads, commands to the rehearsals.
 *
 * @internal
 */
export class CallMetrics implements CallObserver {
  /** Set once there is a controller. */
  shadow: ShadowReads | undefined;
  rehearsals: Rehearsals | undefined;
  private readonly logger = new Logger(CallMetrics.name);
  private readonly counted = new ByNames<Counted>();
  /** When an operation was last served on the side `monolith`, by its module and its name. */
  private readonly lastHere = new ByNames<{ module: string; operation: string; at: number }>();
  private begun = performance.now();
  private timers: NodeJS.Timeout[] = [];
  private windows: Windows | undefined;
  private routes: Pick<Routes, 'entryOf'> | undefined;

  finished({ module, operation, side, at, ms, outcome, forOperator }: FinishedCall): void {
    if (outcome !== 'shed' && !forOperator) this.record(module, side, 'customer', ms, outcome === 'error');
    if (side !== 'monolith') return;
    const last = this.lastHere.at(module).at(operation);
    last.get(() => ({ module, operation, at })).at = at;
  }

  answered(query: AnsweredQuery): void {
    this.shadow?.answered(query);
  }

  committed(command: CommittedCommand): void {
    this.rehearsals?.committed(command);
  }

  /** Counts one call. */
  record(module: string, side: Side, origin: Origin, ms: number, failed: boolean): void {
    const counted = this.counted.at(module).at(side).at(origin);
    counted.get(() => ({ module, side, origin, tally: new CallCount() })).tally.add(ms, failed);
  }

  /** Operations of the module that the monolith has served just now. */
  servedHere(module: string): string[] {
    const since = performance.now() - recentMs;
    const last = this.lastHere.at(module).values();
    return last.filter(({ at }) => at > since).map(({ operation }) => `${module}.${operation}`);
  }

  /** Begins to write down what is counted, once a second, in this process's database. */
  start(database: Queryable, routes: Pick<Routes, 'entryOf'>): void {
    const windows = (this.windows = new Windows(database));
    this.routes = routes;
    this.timers = [
      setInterval(() => void this.flush(), flushMs).unref(),
      // Who cannot forget now does so the next time.
      setInterval(() => void windows.prune().catch(() => undefined), pruneMs).unref(),
    ];
  }

  /** Writes down what was counted until now; what cannot be written is kept for the next time. */
  readonly flush = inTurn(() => this.write());

  /** Writes the last down. */
  async stop(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    await this.flush();
  }

  private async write(): Promise<void> {
    const [ageMs, now] = [performance.now() - this.begun, performance.now()];
    const taken = this.counted.values().flatMap(({ tally, ...whose }) => {
      const calls = tally.take();
      return calls ? [{ tally, delta: { ...whose, ...calls } }] : [];
    });
    if (taken.length > 0) {
      try {
        const deltas: CallDelta[] = taken.map(({ delta }) => delta);
        await this.windows?.addCalls(deltas, ageMs, this.resting(deltas));
      } catch (error) {
        for (const { tally, delta } of taken) tally.restore(delta);
        this.logger.warn({ msg: 'calls not counted yet', error: String(error) });
        return;
      }
    }
    this.begun = now;
  }

  private resting(deltas: readonly CallDelta[]): string[] {
    return deltas.flatMap(({ module }) => {
      const entry = this.routes?.entryOf(module);
      const policy = entry && policyOf(entry);
      return policy && !policy.shadowed && !policy.checksReads ? [module] : [];
    });
  }
}
