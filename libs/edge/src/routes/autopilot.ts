import type { LeaderLock, ShadowStore, Windows } from 'nestjs-strangler/internal';
import { Logger } from '@nestjs/common';
import { decideRoute, filedRoute, movedTo, returned, type RouteDecision, type RouteRow } from './decide.js';
import { evidenceOf } from './evidence.js';
import { gateInWords, type RouteGate } from './gates.js';
import type { BoardEntry, RouteBoard } from './route-board.js';
import { replacement, type Replacement } from './replaced.js';
import type { Kept, NewRouteEntry, RouteStore } from './store.js';

const lookMs = 500;
/** How often what is kept no longer is forgotten, in ms. */
const pruneMs = 3_600_000;
/** All routes have one leader among the gateways of a database. */
export const leadership = 'edge';

export interface AutopilotOptions {
  board: RouteBoard;
  store: RouteStore;
  windows: Windows;
  samples: Pick<ShadowStore, 'clear'>;
  lock: LeaderLock;
  /** Of `strangler.yaml`. */
  file: string;
  kept: Kept;
}

/**
 * Moves routes: what the file wants, step by step as their gates let them, and back when one fails. One gateway does so at a
 * time; one that has lost the lock without knowing does no harm, since every change is a compare-and-set.
 */
export class Autopilot {
  private readonly logger = new Logger('edge routes');
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;
  private pruneAt = 0;

  constructor(private readonly options: AutopilotOptions) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => {
        if (!this.stopped) this.start();
      });
    }, lookMs).unref();
  }

  /** Ends with the look that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    const { board, lock } = this.options;
    try {
      if (board.entries.length === 0 || !(await lock.leads(leadership))) return;
      for (const entry of board.entries) await this.move(entry);
      await this.prune();
    } catch (error) {
      this.logger.warn({ msg: 'not moved; tried again', error: String(error) });
    }
  }

  private async prune(): Promise<void> {
    if (performance.now() < this.pruneAt) return;
    await this.options.store.prune(this.options.kept);
    this.pruneAt = performance.now() + pruneMs;
  }

  private async move(entry: BoardEntry): Promise<void> {
    const { board, store, windows, file } = this.options;
    const { route, row } = entry;
    const replaced = replacement(row, route);
    if (replaced) return this.replace(row, replaced);
    const filed = filedRoute(route, row, file);
    if (filed) {
      const actor = filed.wanted?.actor ?? file;
      const edit = filed.wanted && {
        actor,
        action: 'file',
        outcome: 'noted' as const,
        reason: wantedOf(filed),
      };
      await store.change(row, filed, edit);
      return board.read();
    }
    // Nothing is wanted, and nobody is at the new upstream.
    if (row.phase === 'legacy' && row.wanted.percent === 0) return;
    const evidence = await evidenceOf(windows, row, await store.now());
    await this.carryOut(decideRoute(row, route, evidence), entry);
  }

  /** What was seen is forgotten first: nothing is decided by it once the row says that it was of others. */
  private async replace(row: RouteRow, { change, reason }: Replacement): Promise<void> {
    const { board, store, windows, samples, file } = this.options;
    if (reason !== undefined) {
      await windows.restart(row.path);
      await windows.clearComparisons(row.path);
      await samples.clear(row.path);
    }
    const outcome = (change.percent ?? row.percent) === row.percent ? 'noted' : 'done';
    await store.change(
      row,
      change,
      reason === undefined ? undefined : { ...{ actor: file, action: 'upstreams' }, outcome, reason },
    );
    await board.read();
  }

  private async carryOut(decision: RouteDecision, { row }: BoardEntry): Promise<void> {
    const { board, store } = this.options;
    if (decision.kind === 'return') {
      const reason = gateInWords(decision.gate);
      this.logger.warn({ msg: `${row.path}: everybody goes back to legacy: ${reason}` });
      await store.change(row, returned(reason), entryOf('return', 'autopilot', [decision.gate], reason));
      await board.read();
    } else if (decision.kind === 'step') {
      const { percent, wanted } = row;
      const action = decision.to > percent ? 'step' : 'shift';
      await store.change(row, movedTo(decision.to, row), entryOf(action, wanted.actor, decision.gates));
      await board.read();
    }
  }
}

const wantedOf = ({ wanted, filed }: { wanted?: { percent: number }; filed?: unknown }): string =>
  filed === null ? 'its share was taken out: operators steer it' : `wants ${wanted?.percent} %`;

const entryOf = (
  action: string,
  actor: string,
  gates: readonly RouteGate[],
  reason?: string,
): NewRouteEntry => ({
  ...{ action, actor, outcome: 'done' },
  ...(reason !== undefined && { reason }),
  figures: figuresOf(gates),
});

/** What the history keeps of gates. */
export const figuresOf = (gates: readonly RouteGate[]): Record<string, unknown> =>
  Object.fromEntries(
    gates.map(({ name, value, limit, samples, needed, state }) => [
      name,
      { value, limit, samples, needed, state },
    ]),
  );
