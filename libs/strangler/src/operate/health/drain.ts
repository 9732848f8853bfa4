import { setTimeout as sleep } from 'node:timers/promises';
import { UnreadyError, type Check } from './operations-routes.js';

/**
 * Says at `/health/ready` that it is not ready, and goes on for so long, in ms: a load balancer looks elsewhere meanwhile. What has been
 * connected, and not yet taken up, is cut off when nobody listens any more.
 *
 * @internal
 */
export async function drain(checks: Check[], forMs: number): Promise<void> {
  if (forMs === 0) return;
  checks.push({
    name: 'stopping',
    check: () => {
      throw new UnreadyError('it is told to stop');
    },
  });
  await sleep(forMs);
}
