import { leadsOut, type Position, type Step } from '../terms/machine.js';

/**
 * The shares that a person has to approve before the step. Of a module that is owned as a whole, shares below 100 are those
 * of the reads, and 100 is the hand-off of everything. Pure.
 */
export function awaitedApprovals(at: Position, step: Step, approve: readonly number[]): number[] {
  if (!leadsOut(at, step)) return [];
  switch (step.kind) {
    case 'hand-off':
      return at.ownership === 'whole'
        ? approve.filter((share) => share === 100)
        : approve.filter((share) => share > at.percent && share <= step.percent);
    case 'reads':
      return approve.filter((share) => share > at.percent && share <= step.percent && share < 100);
    default:
      return [];
  }
}
