/** The place of a batch among all that a side has sent: they only grow, by term, then by seq. */
export interface Position {
  readonly term: number;
  readonly seq: number;
}

/** Before every batch. */
export const nowhere: Position = { term: 0, seq: 0 };

/** Negative: `a` comes before `b`. */
export const comparePositions = (a: Position, b: Position): number => a.term - b.term || a.seq - b.seq;

/** The one that comes last. */
export const later = (a: Position, b: Position): Position => (comparePositions(a, b) < 0 ? b : a);
