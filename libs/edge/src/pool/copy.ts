import type { Upstream } from '../upstream.js';
import { isEjected, neverEjected, type Ejection } from './ejection.js';
import { presumedHealthy, type Health } from './health.js';
import type { Load } from './pick-of-two.js';

/** One copy of an upstream, with what is known of it. */
export class Copy implements Load {
  ejection: Ejection = neverEjected;
  health: Health = presumedHealthy;
  /** What the last check has found wrong. */
  trouble: string | undefined;

  constructor(
    readonly upstream: Upstream,
    private readonly now: () => number,
  ) {}

  get inFlight(): number {
    return this.upstream.inFlight;
  }

  get full(): boolean {
    return this.upstream.isBusy;
  }

  get ejected(): boolean {
    return isEjected(this.ejection, this.now());
  }

  get healthy(): boolean {
    return this.health.healthy;
  }
}
