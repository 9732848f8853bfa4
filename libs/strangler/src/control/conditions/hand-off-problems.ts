import type { Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { GateLimits } from '../config/settings.js';
import type { BothSides } from './condition.js';
import { allConditions } from './conditions.js';

/** Why no hand-off may begin, as the two sides are now; empty: it may. */
export const handOffProblems = (states: BothSides, limits: GateLimits): string[] =>
  allConditions.flatMap(([, { handOff }]) => handOff?.(states, limits) ?? []);

/** Why what is fenced on a side would never be drained: its buckets would be fenced until the deadline, for nothing. */
export const drainProblems = (side: Side, state: SideState): string[] =>
  allConditions.flatMap(([, { drain }]) => drain?.(side, state) ?? []);
