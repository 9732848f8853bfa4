import type { Effort, ObstacleKind } from '../assessment.js';

/** Points of effort for one finding of a kind. What is between two modules counts for both. */
export const points: Readonly<Record<ObstacleKind, number>> = {
  transaction: 5,
  'writes past': 3,
  'sql across': 3,
  subscriber: 3,
  'reads past': 2,
  'join table': 2,
  'cannot cross': 2,
  request: 2,
  relation: 1,
  'called by': 1,
  calls: 1,
  event: 1,
  effect: 1,
  schedule: 1,
  'write then throw': 1,
  'date without zone': 1,
};

/** An eager relation is loaded by every query of its entity: it counts twice. */
export const eagerPoints = 2;

/** The most points of each size; more is XL. */
const sizes = { S: 5, M: 12, L: 24 } as const;

export function effortOf(sum: number): Effort {
  const size = sum <= sizes.S ? 'S' : sum <= sizes.M ? 'M' : sum <= sizes.L ? 'L' : 'XL';
  return { size, points: sum };
}

/**
 * The rules in words, for `--help`.
 *
 * @example
 * ```ts
 * console.log(rulesText);
 * ```
 */
export const rulesText =
  `Effort: the sum of what stands between a module and its move. ${points.transaction} points: a transaction over modules; ` +
  `${points['writes past']}: rows written past the service, a statement over tables of several modules, a subscriber of another's rows; ` +
  `${points['reads past']}: rows read past the service, a join table across, a method that cannot be called over a network, ` +
  `an eager relation across, input that only the request has; ` +
  `1: any other relation across, a module that calls or is called, an event that is heard elsewhere, a kind of external effect, ` +
  `schedules, dates without a zone, a write that an error takes back. ` +
  `S up to ${sizes.S}, M up to ${sizes.M}, L up to ${sizes.L}, else XL.`;
