import type { Scenario } from './scenario.js';
import type { State } from './state.js';

/** A step that the system or its surroundings may take. */
export interface Action {
  /** Together with the outcome: what a trace covers. */
  kind: string;
  /** What happens, as a sentence. */
  say: () => string;
  /** Changes the state; the outcome says which way a guard went. `null`: it cannot be done now. */
  run: (next: State) => string | null;
  /** It is nobody's intention; that things end well may not depend on it. */
  fault: boolean;
}

/** Where a state's actions are collected. */
export interface Turn {
  state: State;
  scenario: Scenario;
  can(kind: string, say: Action['say'], run: Action['run']): void;
  fault(kind: string, say: Action['say'], run: Action['run']): void;
}

export const bits = (mask: number): string =>
  [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => mask & (1 << bit)).join(', ');
