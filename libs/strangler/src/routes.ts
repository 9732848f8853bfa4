import { EventEmitter, once } from 'node:events';
import type { Phase } from './phase.js';

/** The phase of every module, as one value: what is told to other processes. */
export type RouteTable = Readonly<Record<string, Phase>>;

/**
 * What this process believes about every module's phase. The monolith reads it from `strangler.yaml`, the others
 * hear it from the monolith. It may be stale for a moment.
 */
export class Routes {
  private table: RouteTable = {};
  // No limit: every call that waits in `learn` listens.
  private readonly changes = new EventEmitter().setMaxListeners(0);

  /** The module's phase; `undefined` until this process has heard of it. */
  phaseOf(module: string): Phase | undefined {
    return this.table[module];
  }

  snapshot(): RouteTable {
    return this.table;
  }

  /** Whether any module is served elsewhere, so that NATS is needed. */
  get anyAway(): boolean {
    return Object.values(this.table).some((phase) => phase !== 'monolith');
  }

  /** Takes over a new table; listeners run only when something differs. */
  replace(next: RouteTable): void {
    const before = this.table;
    const changed = Object.keys({ ...before, ...next }).filter((module) => before[module] !== next[module]);
    this.table = { ...next };
    if (changed.length > 0) this.changes.emit('change', changed);
  }

  /** The module's phase, waiting up to `patienceMs` for a process that has just started and has not heard of it. */
  async learn(module: string, patienceMs: number): Promise<Phase | undefined> {
    if (!(module in this.table)) {
      const signal = AbortSignal.timeout(patienceMs);
      await once(this.changes, 'change', { signal }).catch(() => undefined);
    }
    return this.table[module];
  }

  /** Calls `listener` with the names of the modules whose phase changed. Returns the way to stop that. */
  onChange(listener: (changed: string[]) => void): () => void {
    this.changes.on('change', listener);
    return () => this.changes.off('change', listener);
  }
}
