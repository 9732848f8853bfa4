import type { Ownership } from 'nestjs-strangler/contract';

/** Who calls which operations. */
export interface Caller {
  name: string;
  operations: string[];
}

/** An operation, as far as it matters for a module's way out. */
export interface OperationFacts {
  name: string;
  kind: 'query' | 'command' | 'process';
  /** How many routing keys an input has. */
  keys: 'none' | 'one' | 'several';
  /** The command that takes it back. */
  undo: string | null;
}

/** A table of a module, in the monolith's database. */
export interface TableFacts {
  name: string;
  /** As PostgreSQL estimates them. */
  rows: number;
  bytes: number;
}

/** Something in one schema that needs something in another. */
export interface Crossing {
  what: string;
  needs: string;
}

/** What the running shop says of a module. */
export interface LiveFacts {
  calls: number;
  errors: number;
  /** What `run` would do from here, or why it would not. */
  plan: string[];
  refusal: string | null;
}

/** A module's boundary: who comes in, where it reaches out, and what that will cost. */
export interface Boundary {
  module: string;
  ownership: Ownership;
  operations: OperationFacts[];
  calledBy: Caller[];
  calls: Caller[];
  /** Null: no database was looked at. */
  tables: TableFacts[] | null;
  crossings: Crossing[] | null;
  /** Null: no shop is running. */
  live: LiveFacts | null;
  cost: string[];
}
