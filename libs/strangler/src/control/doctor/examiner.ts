import type { Side } from '../../routes/phase.js';
import type { Observed } from '../conditions/gates.js';
import type { ModuleRow } from '../store/module-row.js';
import type { Note } from '../store/notes.js';
import type { Finding } from '../operator.js';
import type { WaitParts } from '../reconcile/waiting.js';

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

/** What an examiner has found of a module. */
export type Found = Omit<Diagnosis, 'module' | 'repairable'>;

/** What a module is examined by: the sides as they are, also the other one of a module at home. */
export interface Patient extends Omit<WaitParts, 'trouble'> {
  row: ModuleRow;
  observed: Observed;
  note: Note;
}

/** Looks at one kind of trouble. Pure. */
export type Examiner = (patient: Patient) => Found[];
