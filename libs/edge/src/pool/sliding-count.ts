const slotCount = 10;

/** How much there was within the last `windowMs`, in ten slots: what is older than nine tenths of it may be left out. */
export class SlidingCount {
  private readonly slots = new Array<number>(slotCount).fill(0);
  private slot = 0;
  private sum = 0;

  /** @param now ms of a clock that nobody sets */
  constructor(
    private readonly windowMs: number,
    private readonly now: () => number,
  ) {}

  add(count = 1): void {
    this.advance();
    this.slots[this.slot % slotCount]! += count;
    this.sum += count;
  }

  get total(): number {
    this.advance();
    return this.sum;
  }

  clear(): void {
    this.slots.fill(0);
    this.sum = 0;
  }

  private advance(): void {
    const current = Math.floor((this.now() * slotCount) / this.windowMs);
    if (current - this.slot >= slotCount) {
      this.clear();
      this.slot = current;
    }
    while (this.slot < current) {
      const index = ++this.slot % slotCount;
      this.sum -= this.slots[index]!;
      this.slots[index] = 0;
    }
  }
}
