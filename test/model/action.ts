import type { Scenario } from './scenario.js';
import type { Part, Side, State } from './state.js';

/** A step that the system or its surroundings may take. */
export interface Action {
  /** Together with the outcome: what a trace covers. */
  kind: string;
  about: About;
  /** What happens, as a sentence. */
  say: () => string;
  /** Changes the state; the outcome says which way a guard went. `null`: it cannot be done now. */
  run: (next: State) => string | null;
  /** It is nobody's intention; that things end well may not depend on it. */
  fault: boolean;
}

/** Which of several: what a test has to know that does the same with the real thing. */
export interface About {
  side?: Side;
  /** The place of a message, a write or an outbox row in the state before. */
  index?: number;
  border?: number;
  /** Rows of a write. */
  keys?: number;
  /** What a batch carries. */
  parts?: Part[];
  chunk?: number;
  /** The message will come once more. */
  again?: boolean;
  /** The answer is lost. */
  lost?: boolean;
  /** It is sent, and does not arrive yet. */
  late?: boolean;
}

/** Where a state's actions are collected. */
export interface Turn {
  state: State;
  scenario: Scenario;
  can(kind: string, about: About, say: Action['say'], run: Action['run']): void;
  fault(kind: string, about: About, say: Action['say'], run: Action['run']): void;
}

export const bits = (mask: number): string =>
  [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => mask & (1 << bit)).join(', ');
