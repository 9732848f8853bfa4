import type { ChaosShop } from '../chaos-shop.js';
import type { Machine } from '../plan.js';
import { until } from '../../support/until.js';
import type { Failing } from './fault.js';

/** `kill -9`; then it is started again. */
export class ProgramKilled implements Failing {
  constructor(
    private readonly shop: ChaosShop,
    private readonly at: Machine,
  ) {}

  begin(): Promise<void> {
    return this.shop.end(this.at.crew, 'SIGKILL', [this.at.module]);
  }

  /** What it needs may be away just then: whatever starts programs starts one again that did not come up. */
  async end(): Promise<void> {
    const { crew, module } = this.at;
    let last: unknown;
    const started = () =>
      this.shop.start(crew, [module]).then(
        () => true,
        (error: unknown) => void (last = error),
      );
    await until('it is started again', async () => (await started()) || undefined).catch(() => {
      throw last;
    });
  }
}

/** It gets no time, and then goes on as if nothing had been. */
export class ProgramStopped implements Failing {
  constructor(
    private readonly shop: ChaosShop,
    private readonly at: Machine,
  ) {}

  async begin(): Promise<void> {
    this.shop.signal(this.at.crew, this.at.module, 'SIGSTOP');
  }

  async end(): Promise<void> {
    this.shop.signal(this.at.crew, this.at.module, 'SIGCONT');
  }
}
