import { fillingOf } from '../conditions/whole.js';
import type { Observed } from '../conditions/observed.js';
import type { Verification } from '../store/verification-store.js';

interface Point {
  at: number;
  done: number;
}

/** Over which time a rate is measured, in ms. */
const windowMs = 10_000;

/** How fast counters grow, of late. */
export class Rates {
  private readonly points = new Map<string, Point[]>();

  /**
   * Notes where a counter is, `now` in ms since 1970, and answers its rows a second over the last ten seconds; null: not
   * known, for it has been looked at once only, stands still, or began anew.
   */
  of(counter: string, done: number, now: number): number | null {
    const before = this.points.get(counter) ?? [];
    const last = before.at(-1);
    const points = [...(last && done < last.done ? [] : before), { at: now, done }];
    // What is older than the window goes, but for the last look: who looks seldom has a rate too.
    while (points.length > 2 && points[0]!.at < now - windowMs) points.shift();
    this.points.set(counter, points);
    const [first] = points as [Point];
    const seconds = (now - first.at) / 1_000;
    return seconds > 0 && done > first.done ? Math.round((done - first.done) / seconds) : null;
  }

  /** The rates of what a module's data are in now; each ends with its work, and the next one is measured by itself. */
  measure(
    module: string,
    { states, now }: Pick<Observed, 'states' | 'now'>,
    { request, done }: Pick<Verification, 'request' | 'done'>,
  ): { backfill: number | null; verify: number | null } {
    const tables = fillingOf(states);
    const copying = tables.some((table) => !table.done);
    const copied = tables.reduce((sum, table) => sum + table.copied, 0);
    return {
      backfill: this.while(copying, `${module} backfill`, copied, now),
      verify: this.while(request !== null, `${module} verify`, done, now),
    };
  }

  private while(works: boolean, counter: string, done: number, now: number): number | null {
    if (works) return this.of(counter, done, now);
    this.points.delete(counter);
    return null;
  }
}
