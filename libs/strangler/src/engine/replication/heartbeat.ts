/** Watches whether the other side confirms, and tells once when it has not done so for `limitMs`. */
export class Heartbeat {
  /** What went wrong lately. */
  trouble: string | undefined;
  private lastAt = 0;
  private ledAt = 0;
  private told = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limitMs: number,
    private readonly onSilence: (reason: string, silentMs: number) => void,
  ) {}

  /** Begins to watch; goes on through changes of the leadership, until another process leads. */
  start(): void {
    this.ledAt = performance.now();
    if (this.timer) return;
    this.lastAt = performance.now();
    this.timer = setInterval(() => this.look(), this.limitMs / 10);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.told = false;
  }

  beat(): void {
    this.lastAt = performance.now();
    this.told = false;
    this.trouble = undefined;
  }

  /** The other side answers, though it refuses: that is no silence. */
  hold(): void {
    this.lastAt = performance.now();
  }

  /** How long ago the last confirmation came, in ms; null: there was none. */
  get silentMs(): number | null {
    return this.lastAt ? performance.now() - this.lastAt : null;
  }

  private look(): void {
    if (this.told || performance.now() - this.lastAt < this.limitMs) return;
    this.told = true;
    // Before this leadership, another process may have had confirmations.
    const silentMs = performance.now() - Math.max(this.lastAt, this.ledAt);
    this.onSilence(this.trouble ?? `the other side has not confirmed for ${this.limitMs} ms`, silentMs);
  }
}
