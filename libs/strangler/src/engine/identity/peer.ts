import type { Standpoint } from './standing.js';

/** What one side asks the other of itself, before it takes writes. */
export type Question =
  /** Whom do you belong to, and which number does the next hello have to name? `to`: whom the asking side takes for its peer. */
  | ({ kind: 'number'; to: string | null } & Asking)
  /** This is my start from now on. */
  | ({ kind: 'hello'; number: number; start: string } & Asking);

/** Who asks. `knownAs`: what the other side may know its database as, from before it was moved. */
export interface Asking {
  from: string;
  home: string;
  knownAs: string | null;
}

/** What the other side answers to a {@link Question}. */
export type Answer =
  | {
      kind: 'number';
      number: number;
      database: string;
      home: string;
      /** It copies, or is copied, at this epoch. */
      capture: boolean;
      epoch: number;
      knownAs: string | null;
      /** Where it stands, for who was moved and has to see first whether it has everything. */
      told?: Standpoint;
    }
  | { kind: 'told'; told: Standpoint }
  /** Another hello has come meanwhile: ask for another number. */
  | { kind: 'void' }
  /** It belongs to another database, or to none. */
  | Foreign;

/** A database whose peer is another one. `peer`: null, it is not paired. */
export interface Foreign {
  kind: 'foreign';
  database: string;
  peer: string | null;
  /** What the peer was made in; by it a database knows itself, also from before it had an id. */
  peerHome: string | null;
  /** RFC 3339. */
  peerSince: string | null;
}

/** No process serves the module on that database: what it would have answered is not only late. */
export class NobodyServesError extends Error {}

/** The other side of a module, as it can be asked. */
export interface Peer {
  /**
   * `database`: whom it is addressed to; null: whoever serves the module there.
   * @throws {NobodyServesError} when nobody is there; another error when no answer comes.
   */
  ask(question: Question, database: string | null): Promise<Answer>;
  /** All that answer within a moment, whoever they are. */
  askAll(question: Question): Promise<Answer[]>;
}

/** Why a side takes no writes. */
export type Held =
  /** The peer cannot be asked, and nobody else can say that nothing is missing. */
  | { kind: 'no witness'; detail: string }
  /** It was moved, and does not stand in its original's place. `told`: where the other side stands. */
  | {
      kind: 'moved';
      why: 'its original is served' | 'nobody answers' | 'it lacks something';
      detail: string;
      told?: Standpoint;
    }
  | { kind: 'rolled back' | 'given up' }
  /** It owns less than it did, and waits for transactions that began before. `pids`: of their sessions in PostgreSQL. */
  | { kind: 'writers inside'; pids: readonly number[] }
  | { kind: 'foreign'; foreign: Foreign };
