import type { RouteEntry } from '../routes.js';
import type { Clock } from './clock.js';
import type { ControlNeeds } from './needs.js';

interface Published {
  text: string;
  phase: string;
  /** When this process first told of the phase, ms since 1970. */
  since: number;
}

/** Tells the routers of a module what has changed, and remembers since when they can know. */
export class Publisher {
  private readonly last = new Map<string, Published>();

  constructor(
    private readonly needs: ControlNeeds,
    private readonly clock: Clock,
  ) {}

  /** Publishes the entry if it is another one than last time. */
  async tell(module: string, entry: RouteEntry): Promise<void> {
    const text = JSON.stringify(entry);
    const last = this.last.get(module);
    if (last?.text === text) return;
    await this.needs.publish(module, entry);
    const since = last?.phase === entry.phase ? last.since : this.clock.now();
    this.last.set(module, { text, phase: entry.phase, since });
  }

  /** For how long the present phase has been told, in ms. A process that has just begun to lead starts from 0. */
  toldForMs(module: string): number {
    const last = this.last.get(module);
    return last ? this.clock.now() - last.since : 0;
  }
}
