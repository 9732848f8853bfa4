import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { SagaEngine } from './engine.js';

const idleMs = 500;
const atOnce = 8;
/** Sagas in hand at a time: those that wait for a slow provider keep the others from nothing. */
const mostInHand = 64;

/** Takes up sagas that wait for their next try, and those whose process died. Runs in every process that has sagas. */
export class SagaRecovery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SagaRecovery.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private stopped = false;
  private inHand = 0;

  constructor(private readonly engine: SagaEngine) {}

  onApplicationBootstrap(): void {
    this.schedule(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
    await this.engine.idle();
  }

  private schedule(afterMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.round = this.once();
    }, afterMs).unref();
  }

  private async once(): Promise<void> {
    let found = 0;
    try {
      const taken = await this.engine.takeUp(Math.min(atOnce, Math.max(0, mostInHand - this.inHand)));
      found = taken.length;
      for (const work of taken) this.hold(work);
    } catch (error) {
      this.logger.warn({ msg: 'sagas could not be looked up', error: String(error) });
    }
    this.schedule(found >= atOnce ? 0 : idleMs);
  }

  private hold(work: Promise<void>): void {
    this.inHand++;
    void work.finally(() => this.inHand--);
  }
}
