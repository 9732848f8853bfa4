import { otherSide, type Side } from '../../routes/phase.js';
import { buckets } from '../../routes/bucket.js';
import type { Position } from './position.js';

/** What a side found out about itself: it was put back, or it lets the other side take over. Null: neither. */
export type Standing = 'rolled back' | 'given up' | null;

/** By whom the present start of a server was proven. */
export type Proven = 'peer' | 'witness' | 'operator' | 'nobody claims';

/** The ids of outbox rows that one batch has carried. */
export interface Received extends Position {
  readonly ids: readonly number[];
}

/** What a database knows of one module: what a peer tells in a hello, and what a proof compares. All of it is JSON. */
export interface Standpoint {
  readonly database: string;
  /** Tells a copy made by dump or as a template from its original. */
  readonly home: string;
  /** It is such a copy, and does not stand in its original's place yet: it neither sends nor takes writes. */
  readonly moved: boolean;
  /** The id that this database had before it was moved; null: its other side knows the present one. */
  readonly knownAs: string | null;
  /** The database of the other side, and since when (RFC 3339); null: not paired. */
  readonly peer: string | null;
  readonly peerHome: string | null;
  readonly peerSince: string | null;
  /** The start of its server. */
  readonly start: string;
  /** The start that the peer has last said hello with. */
  readonly peerStart: string | null;
  readonly provenBy: Proven | null;
  /** Whether it may take writes, its buckets apart. */
  readonly proven: boolean;
  readonly side: Side;
  readonly capture: boolean;
  readonly epoch: number;
  readonly extractedBelow: number;
  readonly fenceFrom: number | null;
  readonly fenceTo: number | null;
  readonly standing: Standing;
  /** What it sends: leadership, filling of the copy, and the last position that the copy has stored (null: none yet). */
  readonly term: number;
  readonly life: number;
  readonly confirmed: Position | null;
  /** What it receives: of which filling (null: something is missing), up to where, and what came above `pruned`. */
  readonly appliedLife: number | null;
  readonly applied: Position;
  readonly complete: boolean;
  readonly pruned: Position;
  readonly received: readonly Received[];
}

/** Buckets `[from, to)`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** It has no bucket. */
export const isEmpty = ({ from, to }: Range): boolean => from >= to;

/** The buckets that are in both; empty: none is. */
export const both = (a: Range, b: Range): Range => ({
  from: Math.max(a.from, b.from),
  to: Math.min(a.to, b.to),
});

const isWithin = (inner: Range, outer: Range): boolean =>
  isEmpty(inner) || (inner.from >= outer.from && inner.to <= outer.to);

/** What a side owns while buckets below `below` belong to `extracted`; a fence does not change it. */
export const ownedBy = (side: Side, below: number): Range =>
  side === 'extracted' ? { from: 0, to: below } : { from: below, to: buckets };

/** Whether a side owns every bucket while those below `below` belong to `extracted`. */
export const ownsAll = (side: Side, below: number): boolean => isEmpty(ownedBy(otherSide(side), below));

/** The buckets that are owned by nobody here; empty: none. */
export const fenceOf = ({ fenceFrom, fenceTo }: Pick<Standpoint, 'fenceFrom' | 'fenceTo'>): Range => ({
  from: fenceFrom ?? 0,
  to: fenceTo ?? 0,
});

/** Whether all buckets of the range are owned by nobody here. Of an empty range they always are. */
export const fences = (of: Pick<Standpoint, 'fenceFrom' | 'fenceTo'>, range: Range): boolean =>
  isWithin(range, fenceOf(of));
