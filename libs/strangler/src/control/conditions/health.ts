import { buckets } from '../../routes/bucket.js';
import { isFencedTooLong } from '../../engine/ownership/fence-watch.js';
import { policies, type Side } from '../../routes/phase.js';
import type { Absence } from './absence.js';
import { missingService } from './missing-service.js';
import type { Observed } from './observed.js';
import type { Position } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';
import type { ModuleStatus, SideView } from '../terms/views.js';
import { isDegraded } from './route-entry.js';

const missing: Readonly<Record<Absence['kind'], SideView['health']>> = {
  nobody: 'not there',
  silent: 'no answer',
  'no database': 'no database',
  'no NATS': 'no NATS',
  foreign: 'foreign',
  failed: 'failing',
};

/** How a side of a module is. That the other side does not confirm its changes is no fault of its own. */
export function healthOf(
  side: Side,
  { transition }: ModuleRow,
  { states, absent }: Observed,
): SideView['health'] {
  const state = states[side];
  if (!state) return missing[absent?.[side]?.kind ?? 'silent'];
  if (side === 'extracted' && missingService({ states, absent })?.kind === 'foreign') return 'foreign';
  const { standing, proven } = state.standpoint;
  if (standing !== null) return 'rolled back';
  if (!proven) return 'unproven';
  // A step lifts its fence by itself, and soon.
  const fenced = state.ownership.fenceFrom !== null && !transition;
  return fenced || isFencedTooLong(state.ownership) ? 'fenced' : 'up';
}

/** How a module is, as its customers see it. */
export function moduleHealth(row: ModuleRow, at: Position, observed: Observed): ModuleStatus['health'] {
  const owners = ownersOf(row, at);
  if (owners.some((side) => healthOf(side, row, observed) !== 'up')) return 'down';
  return isDegraded(row.phase, observed) ? 'degraded' : 'up';
}

/** The sides that own something now. */
function ownersOf({ phase }: ModuleRow, { below }: Position): Side[] {
  if (policies[phase].ended) return ['extracted'];
  return [...(below < buckets ? ['monolith' as const] : []), ...(below > 0 ? ['extracted' as const] : [])];
}
