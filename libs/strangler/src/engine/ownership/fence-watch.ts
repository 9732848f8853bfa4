import type { OwnershipRow } from './ownership.js';

/** Buckets that nobody owns for longer are an alarm, in ms: a hand-off is given up after half of that. */
export const fenceLimitMs = 10_000;

type Fenced = Pick<OwnershipRow, 'fenceFrom' | 'fenceTo' | 'epoch'>;

/** Whether buckets have been fenced for so long that somebody has to know. */
export const isFencedTooLong = ({
  fenceFrom,
  fencedMs,
}: Pick<OwnershipRow, 'fenceFrom' | 'fencedMs'>): boolean =>
  fenceFrom !== null && (fencedMs ?? 0) > fenceLimitMs;

/** How long a process has seen a fence, by a clock that nobody sets; tells once when that is too long, and once when it is over. */
export class FenceWatch {
  private seen: { key: string; since: number; told: boolean } | undefined;

  constructor(
    private readonly alarm: (text: string) => void,
    private readonly over: (text: string) => void,
  ) {}

  /** What is so now. */
  see({ fenceFrom, fenceTo, epoch }: Fenced): void {
    const key = fenceFrom === null ? undefined : `[${fenceFrom}, ${fenceTo}) at epoch ${epoch}`;
    if (key !== this.seen?.key) {
      if (this.seen?.told) this.over(`the buckets ${this.seen.key} are not fenced any more`);
      this.seen = key === undefined ? undefined : { key, since: performance.now(), told: false };
    }
    if (!this.seen || this.seen.told || this.ageMs <= fenceLimitMs) return;
    this.seen.told = true;
    this.alarm(
      `the buckets ${this.seen.key} are fenced for more than ${fenceLimitMs / 1_000} s: nobody owns them, and their writes wait`,
    );
  }

  /** For how long, in ms; 0: nothing is fenced. */
  get ageMs(): number {
    return this.seen ? performance.now() - this.seen.since : 0;
  }
}
