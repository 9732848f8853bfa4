import type { Side } from '../../routes/phase.js';

/**
 * Buckets that change their owner. This is all that has to be journalled, and before the first step: how far the move has
 * come stands in the ownership rows of the two sides, which no stale journal can contradict.
 */
export interface HandOff {
  /** The owner before, and the one after. */
  from: Side;
  to: Side;
  /** At which both sides are before it begins. */
  epoch: number;
  /** Buckets below belong to `extracted`, before and after. */
  oldBelow: number;
  newBelow: number;
  /** Under which number the owner was told that owners may change, in time for all who read there; left out: it does not matter. */
  mayShift?: number | null;
  /** What both sides had proven when it was planned: every command names it. Missing: planned by 0.1.0, only to be settled. */
  proof?: HandOffProof;
}

export interface HandOffProof {
  /** The starts of both servers. */
  starts: Readonly<Record<Side, string>>;
  /** The filling of the copy on `to`. */
  life: number;
}
