interface Point {
  at: number;
  done: number;
}

/** How fast counters grow, measured over the last while. */
export class Rates {
  private readonly first = new Map<string, Point>();

  /** Rows a second since the counter was first seen at a lower value; null: not known yet. `now` in ms. */
  of(counter: string, done: number, now: number): number | null {
    const first = this.first.get(counter);
    if (!first || done < first.done) {
      this.first.set(counter, { at: now, done });
      return null;
    }
    const seconds = (now - first.at) / 1_000;
    return seconds > 0 && done > first.done ? Math.round((done - first.done) / seconds) : null;
  }
}
