import type { ModuleStatus } from '../control/terms/views.js';

type Listener = (tick: Tick) => void;

/** What a second brings: where all modules stand, or why that cannot be said now. */
export type Tick = { items: ModuleStatus[] } | { detail: string };

const everyMs = 1_000;

/**
 * Asks once a second where all modules stand, for all watchers together, and only while there is one: to ask means a
 * look into both databases of every module.
 */
export class StatusFeed {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  private asking = false;

  constructor(private readonly ask: () => Promise<ModuleStatus[]>) {}

  /** Tells `listener` now and every second, until the returned function is called. */
  join(listener: Listener): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => void this.tick(), everyMs);
    void this.tick();
    return () => this.leave(listener);
  }

  private leave(listener: Listener): void {
    this.listeners.delete(listener);
    if (this.listeners.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** A slow answer is waited for: questions must not pile up behind a database that hangs. */
  private async tick(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const tick = await this.ask().then(
      (items): Tick => ({ items }),
      (error: unknown): Tick => ({ detail: (error as Error).message }),
    );
    this.asking = false;
    for (const listener of this.listeners) listener(tick);
  }
}
