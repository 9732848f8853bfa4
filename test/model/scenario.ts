import type { Rules } from './rules.js';
import type { Budget, Side } from './state.js';

/** What is explored: how things stand in the beginning, what clients do, and which faults may happen, how often. */
export interface Scenario {
  rules: Rules;
  /** Each write's rows, as a mask. They are tried in this order. */
  writes: readonly number[];
  /** Buckets below belong to `extracted` in the beginning. */
  below: number;
  /** Borders that the controller may move to. */
  borders: readonly number[];
  paired: boolean;
  budget: Partial<Budget>;
  /** Whose snapshot may be restored. */
  restoreOf: readonly Side[];
  heartbeats: boolean;
  /** A bulk statement may be sent row by row. */
  parts: boolean;
  /** What may prove a start when the peer cannot be asked. */
  witness: 'none' | 'file' | 'process' | 'clean stop' | 'nothing at all';
  check: 'all' | 'one owner' | 'somewhere';
  /** Every state has a way to one owner and equal data (I4). */
  wayOut: boolean;
}

export const base: Omit<Scenario, 'rules'> = {
  writes: [0b01],
  below: 0,
  borders: [2],
  paired: true,
  budget: {},
  restoreOf: [],
  heartbeats: false,
  parts: false,
  witness: 'none',
  check: 'all',
  wayOut: true,
};
