import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { SagaEngine } from './engine.js';

const idleMs = 500;
const atOnce = 8;

/** Takes up sagas that wait for their next try, and those whose process died. Runs in every process that has sagas. */
export class SagaRecovery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SagaRecovery.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private stopped = false;

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
      found = await this.engine.resumeDue(atOnce);
    } catch (error) {
      this.logger.warn({ msg: 'sagas could not be looked up', error: String(error) });
    }
    this.schedule(found === atOnce ? 0 : idleMs);
  }
}
