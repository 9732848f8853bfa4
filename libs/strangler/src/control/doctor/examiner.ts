import type { Examined, Found } from '../conditions/finding.js';
import type { Note } from '../store/notes.js';
import type { WaitParts } from '../reconcile/waiting.js';

/** What a module is examined by: the sides as they are, also the other one of a module at home. */
export interface Patient extends Examined, Omit<WaitParts, 'trouble' | keyof Examined> {
  note: Note;
}

/** Looks at one kind of trouble. Pure. */
export type Examiner = (patient: Patient) => Found[];
