import type { RouteEntry } from '../../routes/routes.js';
import type { ControlNeeds } from './needs.js';

/** Tells the routers of a module what has changed. */
export class Publisher {
  private last: string | undefined;

  constructor(private readonly needs: ControlNeeds) {}

  /** Publishes the entry if it is another one than last time. */
  async tell(module: string, entry: RouteEntry): Promise<void> {
    const text = JSON.stringify(entry);
    if (this.last === text) return;
    await this.needs.publish(module, entry);
    this.last = text;
  }
}
