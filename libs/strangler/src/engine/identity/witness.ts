import { holdsTail, type Holds } from './conclude.js';
import { comparePositions, later, nowhere, type Position } from './position.js';
import type { Received, Standpoint } from './standing.js';

/** What is kept of a module outside of its database, so that a start can be proven while the peer cannot be asked. */
export interface Witness {
  /** The start of the server that it serves: what earlier ones have relied on is in it. */
  start: string;
  epoch: number;
  life: number;
  term: number;
  /** As the peer would tell it: the ids above what was confirmed. */
  pruned: Position;
  received: readonly Received[];
}

/**
 * Whether a database still holds what its witness has seen. It can only say yes: else the side waits for its peer. Pure; the rules
 * are those of a peer's answer (docs/adr/0024).
 */
export function agrees(witness: Witness, mine: Standpoint, holds: Holds): boolean {
  if (witness.epoch > mine.epoch || witness.life > mine.life || witness.term > mine.term) return false;
  return witness.life !== mine.life || holdsTail(mine, witness, holds);
}

/** What one side had sent and the other one had stored, and neither has any more: both were put back. */
export interface Unprovable {
  /** What was answered between these moments may be in it (RFC 3339); null: since when is not known. */
  readonly since: string | null;
  readonly until: string;
  /** Batches above the one position, up to the other. */
  readonly above: Position;
  readonly upTo: Position;
}

/** What a witness has seen that neither this database has nor its peer: above where, and up to where. Pure. */
export function inNeither(
  witness: Witness,
  holds: Holds,
  mine: Standpoint,
  told: Standpoint,
): Pick<Unprovable, 'above' | 'upTo'> | undefined {
  const { term, seq } = lastOf(witness);
  const upTo = { term, seq };
  const lacks = comparePositions(told.applied, upTo) < 0 && !agrees(witness, mine, holds);
  return lacks ? { above: later(told.applied, mine.confirmed ?? nowhere), upTo } : undefined;
}

/** The witness of a start that is proven, by what its peer has told; without that, of what is confirmed. */
export function witnessOf(mine: Standpoint, told?: Standpoint): Witness {
  const { start, epoch, life, term, confirmed } = mine;
  const of = { start, epoch, life, term };
  if (told?.appliedLife !== life) return { ...of, pruned: confirmed ?? nowhere, received: [] };
  const pruned = later(told.pruned, confirmed ?? nowhere);
  return { ...of, pruned, received: told.received.filter((each) => comparePositions(each, pruned) > 0) };
}

/** The last batch that a witness knows of. */
export const lastOf = ({ pruned, received }: Witness): Position =>
  received.reduce<Position>((last, each) => later(last, each), pruned);

/** A batch that the peer has stored. */
export interface SeenBatch {
  /** The start of the server that its rows were written on. */
  start: string;
  batch: Received;
  /** As its sender knew it then. */
  confirmed: Position | null;
  life: number;
}

/** A witness that has seen this as well. What is confirmed need not be kept. */
export function withSeen<W extends Witness>(witness: W, { batch, confirmed, life }: SeenBatch): W {
  const of = witness.life === life ? witness : { ...witness, life, pruned: nowhere, received: [] };
  const pruned = confirmed && comparePositions(confirmed, of.pruned) > 0 ? confirmed : of.pruned;
  const received = [...of.received, batch].filter((each) => comparePositions(each, pruned) > 0);
  return { ...of, term: Math.max(of.term, batch.term), pruned, received };
}
