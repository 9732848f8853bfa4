import type { Rules } from './rules.js';
import { all, rolledBack, type Database, type Side, type State } from './state.js';

/** Buckets of `side` when those below `below` belong to `extracted`. */
export const ownedBelow = (side: number, below: number): number => {
  const extracted = (1 << below) - 1;
  return side === 1 ? extracted : all & ~extracted;
};

/** What a database says that its side owns; a fence does not change it. */
export const owned = (database: Database, side: number): number => ownedBelow(side, database.below);

export const moved = (oldBelow: number, newBelow: number): number =>
  ownedBelow(1, oldBelow) ^ ownedBelow(1, newBelow);

/** `enter()`, but for the buckets: this start is proven, and the side is not marked. */
export function proven(state: State, side: Side, rules: Rules): boolean {
  const { provenStart, paired } = state.databases[side];
  if (!rules.restartProof) return true;
  return provenStart === state.starts[side] || (!rules.unpairedProof && !paired);
}

/** Buckets of which a side takes writes now. */
export function accepts(state: State, side: Side, rules: Rules): number {
  const database = state.databases[side];
  if (database.standing !== 0 || !proven(state, side, rules)) return 0;
  return owned(database, side) & ~database.fence;
}

/** Fills the copy on the other side anew: a new life, a new term. What is in the outbox stays there. */
export function beginLife(state: State, side: Side): void {
  const database = state.databases[side];
  database.term++;
  database.life++;
  database.confirmed = 0;
  database.backfill = owned(database, side);
  state.leaders[side] = null;
  state.zombies[side] = null;
  state.proofs[side] = null;
}

/** A side that owns nothing takes for confirmed what the other one has of it; what is in its outbox is a report. */
export function forgetOutgoing(database: Database, peer: Database): void {
  database.life = Math.max(peer.appliedLife, 0);
  database.confirmed = peer.applied;
  database.term = Math.max(database.term, peer.applied >> 3);
  database.outbox = [];
  database.backfill = 0;
  database.degraded = 0;
}

/** Takes buckets out of an outbox. */
export function dropKeys(database: Database, keys: number): void {
  database.outbox = database.outbox.filter((row) => {
    row.keys &= ~keys;
    return row.keys !== 0;
  });
}

export const fenceAs = (database: Database): void => {
  database.standing = rolledBack;
};

/** Of a restart: the sessions are gone; the process that led may still hear an answer. */
export function endSessions(state: State, side: Side): void {
  const leader = state.leaders[side];
  if (leader && (leader.inFlight ?? leader.unconfirmed)) state.zombies[side] = leader;
  state.leaders[side] = null;
  state.proofs[side] = null;
}
