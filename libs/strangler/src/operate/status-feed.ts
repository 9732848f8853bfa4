import type { ModuleStatus } from '../control/terms/views.js';

type Listener = (tick: Tick) => void;

/** What is told: where all modules stand, or why that cannot be said now. */
export type Tick = { items: ModuleStatus[] } | { detail: string };

/** While a module moves, and while none does and only figures change: what is shown is never older than 2 s, in ms. */
const everyMs = { moving: 1_000, atRest: 1_800 };

/**
 * Asks again and again where all modules stand, for all watchers together, and only while there is one: to ask means a
 * look into both databases of every module.
 */
export class StatusFeed {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  private asking = false;
  private isAtRest = false;

  constructor(private readonly ask: () => Promise<ModuleStatus[]>) {}

  /** Tells `listener` now and again and again, until the returned function is called. */
  join(listener: Listener): () => void {
    this.listeners.add(listener);
    void this.tick();
    return () => this.leave(listener);
  }

  /** Something has happened: modules that were at rest may not be any more. */
  hurry(): void {
    if (this.isAtRest && this.listeners.size > 0) void this.tick();
    this.isAtRest = false;
  }

  private leave(listener: Listener): void {
    this.listeners.delete(listener);
    if (this.listeners.size === 0) clearTimeout(this.timer);
  }

  /** A slow answer is waited for: questions must not pile up behind a database that hangs. */
  private async tick(): Promise<void> {
    if (this.asking) return;
    clearTimeout(this.timer);
    this.asking = true;
    const began = performance.now();
    // What happens from now on may not be in the answer.
    this.isAtRest = true;
    const tick = await this.ask().then(
      (items): Tick => ({ items }),
      (error: unknown): Tick => ({ detail: (error as Error).message }),
    );
    this.asking = false;
    this.isAtRest &&= 'items' in tick && tick.items.every(isAtRest);
    for (const listener of this.listeners) listener(tick);
    const nextMs = this.isAtRest ? everyMs.atRest : everyMs.moving;
    const leftMs = Math.max(0, nextMs - (performance.now() - began));
    if (this.listeners.size > 0) this.timer = setTimeout(() => void this.tick(), leftMs);
  }
}

/** It is where it is to be, and nothing is done with it. */
const isAtRest = ({ transition, verify, etaSeconds }: ModuleStatus): boolean =>
  transition === null && verify.running === null && etaSeconds === 0;
