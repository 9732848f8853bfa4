import type { Side } from '../../routes/phase.js';
import type { Advice } from './advice.js';
import type { Finding } from '../terms/views.js';
import type { ModuleRow } from '../store/module-row.js';
import type { Observed } from './observed.js';

/** What is done about a finding by `--repair`. */
export type Repair =
  | { kind: 'stop capture'; side: Side; epoch: number }
  | { kind: 'lift fence'; side: Side; epoch: number; otherEpoch: number }
  | { kind: 'capture anew'; side: Side; epoch: number }
  | { kind: 'raise'; side: Side; epoch: number; to: number };

/** A finding, and what `--repair` does about it; undefined: only a human can. */
export interface Diagnosis extends Finding {
  repair?: Repair;
}

/** What doctor has found of a module: the problem, what it means, and what ends it. */
export type Found = Omit<Diagnosis, 'module' | 'repairable'>;

/** What a condition is examined by: the sides as they are, also the other one of a module at home. */
export interface Examined {
  row: ModuleRow;
  observed: Observed;
  advice: Advice;
}
