import { Logger } from '@nestjs/common';
import { inTurn } from '../../database/in-turn.js';
import { noComparisons, type Comparisons } from '../../evidence/evidence.js';
import type { ComparisonDelta, Windows } from '../../evidence/windows.js';

const flushMs = 500;

/** Counts comparisons and rehearsals of this process, and writes them down twice a second. */
export class ComparisonCounts {
  private readonly logger = new Logger(ComparisonCounts.name);
  private readonly counted = new Map<string, ComparisonDelta>();
  private begun = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly windows: Pick<Windows, 'addComparisons'>) {
    this.timer = setInterval(() => void this.flush(), flushMs).unref();
  }

  add(module: string, origin: ComparisonDelta['origin'], more: Partial<Comparisons>): void {
    const key = `${module} ${origin}`;
    const known = this.counted.get(key) ?? noComparisons;
    const sum = (what: keyof Comparisons) => known[what] + (more[what] ?? 0);
    this.counted.set(key, {
      module,
      origin,
      compared: sum('compared'),
      mismatches: sum('mismatches'),
      unavailable: sum('unavailable'),
    });
  }

  /** Writes the counts down; what cannot be written is kept for the next time. */
  readonly flush = inTurn(() => this.write());

  /** Writes the last down. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async write(): Promise<void> {
    const [deltas, ageMs, now] = [
      [...this.counted.values()],
      performance.now() - this.begun,
      performance.now(),
    ];
    this.counted.clear();
    try {
      if (deltas.length > 0) await this.windows.addComparisons(deltas, ageMs);
      this.begun = now;
    } catch (error) {
      for (const { module, origin, ...counts } of deltas) this.add(module, origin, counts);
      this.logger.warn({ msg: 'shadow counts not stored yet', error: String(error) });
    }
  }
}
