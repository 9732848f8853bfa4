import type { Comparisons, ShadowStore, Upstream, Windows } from 'nestjs-strangler/internal';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { differencesOf, type Answer } from './compare-answers.js';

/** More than so many at a time are not begun: a slow upstream must not pile up work. */
const mostAtOnce = 8;
const flushMs = 1_000;

/** An answer that a client was given, and how the other upstream is asked for its own. */
export interface Answered {
  route: string;
  /** GET or HEAD. */
  method: string;
  /** Who has answered. */
  by: Upstream;
  answer: Answer;
  /** Undefined: it gave none, or one that is too large to compare. */
  ask: () => Promise<Answer | undefined>;
}

/**
 * Asks the other upstream what a client has asked this one, after he has his answer, and compares; as the shadow reads of modules
 * (GitHub's Scientist). Nothing that goes wrong here reaches a client. What differs is kept without its values.
 */
export class ShadowCopies {
  private readonly logger = new Logger('edge routes');
  private readonly counted = new Map<string, Comparisons>();
  private running = 0;
  private begun = performance.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly windows: Pick<Windows, 'addComparisons'>,
    private readonly samples: Pick<ShadowStore, 'keep'>,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.flush(), flushMs).unref();
  }

  /** Whether there is room for one more. */
  get hasRoom(): boolean {
    return this.running < mostAtOnce;
  }

  /** Takes note of an answer. Returns at once. */
  answered(answered: Answered): void {
    if (!this.hasRoom) return;
    this.running++;
    void this.examine(answered)
      .catch((error: unknown) => this.logger.warn({ msg: 'copy not compared', error: String(error) }))
      .finally(() => this.running--);
  }

  /** Ends what is under way, and writes the last counts down. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    while (this.running > 0) await sleep(10);
    await this.flush();
  }

  private async examine({ route, method, by, answer, ask }: Answered): Promise<void> {
    const other = await ask().catch(() => undefined);
    const counts = this.counted.get(route) ?? { compared: 0, mismatches: 0, unavailable: 0 };
    this.counted.set(route, counts);
    if (!other) {
      counts.unavailable++;
      return;
    }
    counts.compared++;
    const [legacy, next] = by === 'legacy' ? [answer, other] : [other, answer];
    const differences = differencesOf(legacy, next);
    if (differences.length === 0) return;
    counts.mismatches++;
    await this.samples.keep(route, method, null, differences);
  }

  private async flush(): Promise<void> {
    const deltas = [...this.counted].map(([module, counts]) => ({
      module,
      origin: 'customer' as const,
      ...counts,
    }));
    const [ageMs, now] = [performance.now() - this.begun, performance.now()];
    this.counted.clear();
    this.begun = now;
    if (deltas.length === 0) return;
    // Counts of one second: who cannot write them now has others in the next one.
    await this.windows
      .addComparisons(deltas, ageMs)
      .catch((error: unknown) => this.logger.warn({ msg: 'copies not counted', error: String(error) }));
  }
}
