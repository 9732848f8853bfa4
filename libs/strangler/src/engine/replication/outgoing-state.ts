/** How far the copying of a table's rows from before capture has come. */
export interface BackfillState {
  table: string;
  /** Rows. */
  copied: number;
  /** About so many there are; of a large table nobody has counted them. */
  total: number;
  done: boolean;
  /** When it was begun, in ms since 1970 by its database; left out: it is of a release that does not say. */
  begunAt?: number;
}

/** What a side sends: its outbox and its relay. */
export interface OutgoingState {
  /** Rows in the outbox that are on their way. */
  pending: number;
  /** Age of the oldest of them, in ms; 0 when there is none. */
  lagMs: number;
  parked: number;
  /** Of those, what the process that sends cannot send because it does not name the table: of another release. Left out: it does not say. */
  unnamed?: number;
  /** Rows that left the outbox without being stored on the other side, because this side was given up or put back. */
  reported: number;
  /** Since when the other side has not confirmed (RFC 3339), and why; null: it does. */
  degradedSince: string | null;
  reason: string | null;
  /** Why the other side takes nothing though it answers; null: it does. */
  refused?: string | null;
  backfill: BackfillState[];
  /** Age of the oldest transaction of the database, in ms: a long one makes dead outbox rows expensive. */
  oldestTransactionMs: number;
  /** What the clock of the database says, in ms since 1970; left out: it is of a release that does not say. */
  clockMs?: number;
}

/**
 * A row that can never be applied as it is: what a broker calls a dead letter. It blocks its own key, and every hand-off. Where sides of
 * different releases speak with each other, and in SQL, it is called parked.
 *
 * @example
 * ```ts
 * const text = ({ table, pk, reason }: QuarantinedRow) => `${table} ${pk.join('/')}: ${reason}`;
 * ```
 */
export interface QuarantinedRow {
  id: number;
  table: string;
  pk: string[];
  key: string;
  reason: string;
  /** RFC 3339. */
  at: string;
}

/** The last batch that was stored here, and its age in ms (null: none yet). */
export interface IncomingState {
  term: number;
  seq: number;
  ageMs: number | null;
}
