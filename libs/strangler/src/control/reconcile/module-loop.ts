import { Logger } from '@nestjs/common';
import { described } from '../../database/failure.js';
import type { Clock } from '../terms/clock.js';
import type { LeaderLock } from '../store/leader-lock.js';
import type { Reconciler } from './reconciler.js';

/** How often a module is looked at, in ms: while it moves, and at rest. */
export interface Pace {
  movingMs: number;
  idleMs: number;
}

/** A look is followed by a pause of so many times what it took: a machine that has too much to do is not kept busy by being looked at. */
const pauseOfLook = 4;

/** How long to wait after a look that took `tookMs`, in ms: with a busy machine no longer than at rest. Pure. */
export const pauseMs = ({ movingMs, idleMs }: Pace, moving: boolean, tookMs: number): number =>
  moving ? Math.max(movingMs, Math.min(idleMs, pauseOfLook * tookMs)) : idleMs;

/** What a leader does before it looks at the module. */
export type ModulePreparation = (module: string) => Promise<void>;

/** Walks one module as long as this process leads it. */
export class ModuleLoop {
  private readonly logger: Logger;
  private stopped = false;
  private nap = new AbortController();
  private ended: Promise<void> = Promise.resolve();
  private said = '';

  constructor(
    private readonly module: string,
    private readonly reconciler: Reconciler,
    private readonly leadership: LeaderLock,
    private readonly clock: Clock,
    private readonly pace: Pace,
    private readonly prepare: ModulePreparation,
  ) {
    this.logger = new Logger(`${module}.controller`);
  }

  start(): void {
    this.ended = this.run();
  }

  /** Looks at once instead of at the next turn. */
  wake(): void {
    this.reconciler.hurry();
    this.nap.abort();
  }

  /** Ends after the tick under way; a step that is in the journal is taken up by the next leader. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.nap.abort();
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.nap = new AbortController();
      const began = performance.now();
      // After a step at once: the next look begins with telling the routers.
      if (await this.tick()) continue;
      const ms = pauseMs(this.pace, this.reconciler.moving, performance.now() - began);
      if (!this.stopped) await this.clock.sleep(ms, this.nap.signal);
    }
  }

  private async tick(): Promise<boolean> {
    try {
      if (!(await this.leadership.leads(this.module))) return false;
      await this.prepare(this.module);
      const moved = await this.reconciler.tick(this.leadership.termOf(this.module));
      this.say(this.reconciler.trouble?.sentence ?? '');
      return moved;
    } catch (error) {
      this.say(described(error));
      return false;
    }
  }

  /** Trouble is logged when it changes, not ten times a second. */
  private say(trouble: string): void {
    if (trouble !== this.said && trouble !== '') this.logger.warn(trouble);
    this.said = trouble;
  }
}
