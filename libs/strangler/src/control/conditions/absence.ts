import { databaseLoss } from '../../database/failure.js';
import { SideUnreachableError } from '../../sides/remote.js';

/** Why a side could not be asked: what is missing, and what the error says. */
export interface Absence {
  /** `nobody`: no process of it is there. `silent`: one is there, and has not answered in time. `foreign`: one is there, of another shop. */
  kind: 'no NATS' | 'nobody' | 'silent' | 'no database' | 'foreign' | 'failed';
  detail: string;
}

/** What an error of a side means. */
export function absenceOf(error: unknown): Absence {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof SideUnreachableError) return { kind: error.kind, detail };
  return { kind: databaseLoss(error) ? 'no database' : 'failed', detail };
}
