import type { Evidence, Origin } from '../../evidence/evidence.js';
import type { GateName } from './gate-name.js';
import type { Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { Absence } from './absence.js';
import type { GateView } from '../operator.js';

/** What the gates look at. */
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

/**
 * A gate, and what may be done about it. `firm`: nobody can override it. `watch`: while shifting, a failure takes the module
 * back by itself. All others can be overridden by an operator while they hold, not when they fail.
 */
export interface Gate extends GateView {
  name: GateName;
  nature: 'plain' | 'firm' | 'watch';
  /** Whose figure is shown; left out: it measures no calls. */
  shownOf?: Origin;
  /** So many more questions of the controller's own would be enough; left out: it takes none. */
  probesLacking?: number;
}

/** What the history keeps of a gate: what it was decided by, each population by itself. */
export function figuresOfGate({
  value,
  limit,
  samples,
  probes,
  customers,
  needed,
  confidence,
  state,
  why,
}: Gate) {
  const counted = needed > 1 || probes + customers > 0 ? { probes, customers, needed, confidence } : {};
  return { value, limit, samples, ...counted, state, ...(why !== null && { why }) };
}
