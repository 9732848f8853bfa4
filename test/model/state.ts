/** 0: the monolith's database, M; 1: the extracted service's, E. */
export type Side = 0 | 1;
export const sides: readonly Side[] = [0, 1];
export const other = (side: Side): Side => (side === 0 ? 1 : 0);
export const nameOf = (side: Side): string => (side === 0 ? 'M' : 'E');

/** Buckets of the model's module; each holds one row. A set of them is a bit mask. */
export const buckets = 2;
export const all = (1 << buckets) - 1;

/** A batch's place, (term, seq), as one number; `0`: none. */
export const at = (term: number, seq: number): number => term * 8 + seq;
export const termOf = (position: number): number => position >> 3;

/** `standing`: rolled back, a side that found out that it was restored; given up, one that lets the other take over. */
export const rolledBack = 1;
export const givenUp = 2;

/** One row of the outbox: what is left of a statement, or the part of it that was set aside. */
export interface OutboxRow {
  id: number;
  /** The rows that the statement changed and that are still to be carried over. */
  keys: number;
  parked: number;
}

/** Changes of one statement: rows, as a mask. */
export interface Part {
  id: number;
  keys: number;
}

/** Changes that left the outbox without being stored. `parked`: an operator has discarded them. */
export interface Reported extends Part {
  parked: number;
}

/** The changes that a batch carried. */
export interface Received {
  position: number;
  parts: Part[];
}

/** What is committed in one side's database. */
export interface Database {
  epoch: number;
  /** Buckets below belong to `extracted`. */
  below: number;
  /** Buckets that nobody owns. */
  fence: number;
  standing: number;
  /** Capture is on, and the other database is known. */
  paired: number;
  provenStart: number;
  /** Proven by a witness only: the peer has still to be asked. */
  byWitness: number;
  peerStart: number;
  /** Of each row, the writes that it has seen. */
  rows: number[];
  outbox: OutboxRow[];
  /** What left the outbox without being stored on the other side. */
  report: Reported[];
  nextId: number;
  // What it sends.
  term: number;
  life: number;
  confirmed: number;
  /** Buckets that the backfill has still to copy. */
  backfill: number;
  degraded: number;
  // What it receives.
  applied: number;
  /** -1: incomplete. */
  appliedLife: number;
  /** The backfill of this life has arrived as a whole. */
  complete: number;
  pruned: number;
  received: Received[];
}

/** A batch that was sent, as its relay remembers it. `chunk`: buckets that the backfill added. */
export interface Sent {
  position: number;
  parts: Part[];
  chunk: number;
}

/** The process that leads a relay. */
export interface Leader {
  term: number;
  seq: number;
  life: number;
  start: number;
  /** The last batch with content that was answered. */
  after: number;
  unconfirmed: Sent | null;
  inFlight: Sent | null;
}

export interface Batch extends Sent {
  from: number;
  start: number;
  life: number;
  after: number;
  confirmed: number;
  /** The backfill is confirmed as a whole. */
  complete: number;
  images: number[];
}

export const answers = ['stored', 'stale', 'behind', 'retry'] as const;
export type Answer = (typeof answers)[number];

export interface Reply extends Sent {
  to: number;
  start: number;
  answer: number;
}

/** A client's write. `left`: rows that are not known to be on the other side. */
export interface Write {
  state: number;
  side: number;
  id: number;
  start: number;
  left: number;
}
export const unwritten = 0;
export const waiting = 1;
export const acknowledged = 2;
/** Answered without the promise of `ack: both`. */
export const answeredAlone = 3;
/** Answered before the pairing, when nobody else needed it. */
export const answeredBefore = 4;

export const stages = ['fence', 'drain', 'own', 'release', 'settle', 'free'] as const;
export type Stage = (typeof stages)[number];

/** A hand-off in the journal, which is in M. */
export interface HandOff {
  from: number;
  epoch: number;
  oldBelow: number;
  newBelow: number;
  stage: number;
  fromStart: number;
  toStart: number;
  after: number;
  life: number;
}

export const commands = ['fence', 'own', 'release'] as const;

/** A command that is on its way to a side, and that nobody waits for any more. */
export interface Late {
  command: number;
  side: number;
  plan: HandOff;
}

/** What a side answers to a hello. */
export interface Answered {
  /** Whoever asked knew of the pairing. */
  known: number;
  /** The starts between which it holds. */
  start: number;
  peerStart: number;
  peerStartBefore: number;
  peer: Database;
}

/** A record outside of the database, of what was relied on. */
export interface Witness {
  /** Of the server: who relies on what an earlier one has done is refused. */
  start: number;
  epoch: number;
  applied: number;
  life: number;
  pruned: number;
  received: Received[];
  /** The leadership that a process has seen; 0: all of them. */
  term: number;
  /** After a clean stop: how the database stood. Empty: there was none. */
  mark: number[];
}

export interface Snapshot {
  side: number;
  start: number;
  database: Database;
  journal: HandOff | null;
  witness: Witness | null;
}

/** How often each fault may still happen. */
export interface Budget {
  snapshot: number;
  restore: number;
  resume: number;
  restart: number;
  cleanStop: number;
  handOff: number;
  newLeader: number;
  late: number;
  lateHello: number;
  degrade: number;
  park: number;
  foreign: number;
  forged: number;
  discard: number;
  duplicate: number;
  failover: number;
  earlyTimeout: number;
}

export interface State {
  databases: [Database, Database];
  starts: [number, number];
  leaders: [Leader | null, Leader | null];
  zombies: [Leader | null, Leader | null];
  proofs: [Answered | null, Answered | null];
  witnesses: [Witness | null, Witness | null];
  writes: Write[];
  batches: Batch[];
  replies: Reply[];
  journal: HandOff | null;
  late: Late[];
  lateHellos: { side: number; start: number }[];
  snapshot: Snapshot | null;
  left: Budget;
  /** Acknowledged writes that an operator has given up by a failover. */
  forgiven: number;
  /** Sides that own everything by an operator's word, and were not put back since. */
  tookOver: number;
  /** Writes that the other side does not get, for an operator has discarded their row. */
  discarded: number;
}

export const copyOf = (database: Database): Database => ({
  ...database,
  rows: [...database.rows],
  outbox: database.outbox.map((row) => ({ ...row })),
  report: [...database.report],
  received: [...database.received],
});

/** What a side tells of itself in a hello; the rest of it plays no part. */
export const toldOf = (database: Database): Database => ({
  ...copyOf(database),
  rows: [],
  outbox: [],
  report: [],
  nextId: 0,
  provenStart: 0,
  byWitness: 0,
  peerStart: 0,
  backfill: 0,
  degraded: 0,
});
