import type { Evidence } from '../../evidence/evidence.js';
import type { Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { Absence } from './absence.js';

/** What conditions are judged by: one look at both sides of a module. */
export interface Observed {
  /** ms since 1970. */
  now: number;
  /** Null: cannot be asked. */
  states: Readonly<Record<Side, SideState | null>>;
  /** Why a side could not be asked; null: it was, or need not be. */
  absent?: Readonly<Record<Side, Absence | null>>;
  /** What has been seen since the present step began, or since the last outage. */
  evidence: Evidence;
  /** The last finished verification; `beganAt`, ms since 1970: null: none yet. */
  verified: { beganAt: number | null; differences: number };
  /** Who calls the module's code inside the monolith. */
  localUse: readonly string[];
  /** The shares that a person has approved, in percent. */
  approved: readonly number[];
  /** When the present step was reached, ms since 1970. */
  stepSince: number;
}
