import type { FreezingProxy } from '../../support/freezing-proxy.js';
import type { Failing } from './fault.js';

/** Connections end, fall silent or become slow; then what comes goes through. */
export class LinkFails implements Failing {
  constructor(
    private readonly link: FreezingProxy,
    private readonly how: (link: FreezingProxy) => void,
  ) {}

  async begin(): Promise<void> {
    this.how(this.link);
  }

  async end(): Promise<void> {
    this.link.heal();
  }
}
