import type { ModuleStatus } from 'nestjs-strangler';
import { markOf, stretchOf, type Mark, type Running, type Stretch } from './stretch.js';
import { placeOf } from './tour.js';

/** Cuts the demo's time into stretches, one for each phase (and share) that a module was in. */
export class Journey {
  private place: string | undefined;
  private from: Mark;
  private lagMs: number | null = null;

  /** @param onStretch told of each stretch when it ends. */
  constructor(
    private readonly running: () => Running,
    private readonly onStretch: (stretch: Stretch) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.from = markOf(running(), now());
  }

  /** Takes a look at a module into account. */
  see(status: ModuleStatus): void {
    const place = `${status.module} ${placeOf(status)}`;
    if (place !== this.place) {
      this.end();
      this.place = place;
    }
    if (status.lagMs !== null) this.lagMs = Math.max(this.lagMs ?? 0, status.lagMs);
  }

  /** Ends the stretch under way, if there is one. */
  end(): void {
    const to = markOf(this.running(), this.now());
    if (this.place !== undefined)
      this.onStretch(stretchOf(this.running(), this.from, to, this.place, this.lagMs));
    this.from = to;
    this.place = undefined;
    this.lagMs = null;
  }
}
