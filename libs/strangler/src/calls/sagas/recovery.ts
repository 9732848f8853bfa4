import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { SagaEngine } from './engine.js';
import { StrandedWatch } from './stranded.js';

const idleMs = 500;
/** How often it is looked for sagas that nobody here knows, in ms. */
const watchEveryMs = 5_000;
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
  private watchedAt = -Infinity;
  private readonly watch = new StrandedWatch(
    (text) => this.logger.error(text),
    (text) => this.logger.log(text),
  );

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
    const taken = await this.engine.takeUp(Math.min(atOnce, Math.max(0, mostInHand - this.inHand)));
    for (const work of taken) this.hold(work);
    await this.lookForStranded();
    this.schedule(taken.length >= atOnce ? 0 : idleMs);
  }

  private async lookForStranded(): Promise<void> {
    if (performance.now() - this.watchedAt < watchEveryMs) return;
    this.watchedAt = performance.now();
    for (const module of this.engine.moduleNames)
      // Where that fails, so has `takeUp`, and has said so.
      await this.engine.stranded(module).then(
        (found) => this.watch.see(module, found),
        () => undefined,
      );
  }

  private hold(work: Promise<void>): void {
    this.inHand++;
    void work.finally(() => this.inHand--);
  }
}
