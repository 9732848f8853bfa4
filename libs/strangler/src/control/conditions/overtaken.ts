import { buckets } from '../../routes/bucket.js';
import { policies } from '../../routes/phase.js';
import { isBeyondTakeOver } from '../../engine/continuity/take-over.js';
import type { Observed } from './observed.js';
import type { Position } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';

/**
 * The service has taken over from a monolith that was lost and is back: that has given way, and its row tells of an earlier place. No
 * step of the controller's ends so, for each writes its end together with the place that it has led to. A monolith that was put back to
 * before hand-offs of its own goes on from where they have led.
 */
export function isOvertaken(
  { transition }: Pick<ModuleRow, 'transition'>,
  { ownership, phase, percent, below }: Position,
  { monolith }: Observed['states'],
): boolean {
  if (transition || !monolith || monolith.ownership.fenceFrom !== null) return false;
  if (!isBeyondTakeOver(monolith.ownership.epoch)) return false;
  const { commands, byShare } = policies[phase];
  if (below !== buckets || commands === 'extracted') return false;
  if (!byShare) return true;
  return ownership === 'whole' ? percent < 100 : percent * buckets !== below * 100;
}
