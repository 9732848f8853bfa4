import { setTimeout as sleep } from 'node:timers/promises';
import { UnreadyError, type Check } from './operations-routes.js';

/**
 * Says at `/health/ready` that the process is not ready, and goes on for a while: a load balancer looks elsewhere meanwhile. What has been
 * connected, and not yet taken up, is cut off when nobody listens any more.
 *
 * @internal
 */
export class Drain {
  private begun = false;

  readonly check: Check = {
    name: 'stopping',
    check: () => {
      if (this.begun) throw new UnreadyError('it is told to stop');
    },
  };

  /** Resolves after so many ms. */
  async go(forMs: number): Promise<void> {
    this.begun = true;
    if (forMs > 0) await sleep(forMs);
  }
}
