import { sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { GateLimits } from '../config/settings.js';
import { known, type Condition, type GateRule } from './condition.js';
import type { Examined, Found } from './finding.js';

/** A condition that each side meets or not by itself: judged by one measure, and told in one sentence, wherever it is asked. */
export interface SideCondition {
  /** Of one side. */
  measure: (state: SideState) => number;
  /** More than this is too much; left out: 0. */
  limit?: (limits: GateLimits) => number;
  /** What is so of a side of which it is too much. */
  message: (side: Side, state: SideState, limit: number) => string;
  /** No hand-off begins meanwhile. */
  holdsHandOff?: true;
  /** Fenced buckets would never be drained. */
  neverDrains?: true;
  /** As a gate: over both sides. */
  gate?: Omit<GateRule, 'judge' | 'over'> & {
    /** Of what both sides measure; left out: their sum. */
    fold?: (monolith: number, extracted: number) => number;
    /** What it does above its limit. */
    beyond: 'hold' | 'fail';
  };
  /** What doctor says of a side of which it is too much: what it means, and what ends it; null: nothing, as things are. */
  doctor?: (side: Side, state: SideState, examined: Examined) => Told | null;
}

/** A finding; its problem is the condition's message, if it says no other. */
export type Told = Omit<Found, 'problem'> & Partial<Pick<Found, 'problem'>>;

/** Over what gates on the sides' own state are judged. */
export const bothSides = 'the state of both sides at each look';

const sum = (one: number, other: number): number => one + other;
const nothing = (): number => 0;

/** Makes a row of the table of what each side meets or not by itself. */
export function ofSide({ measure, limit = nothing, message, ...more }: SideCondition): Condition {
  const { holdsHandOff, neverDrains, gate, doctor } = more;
  const problem = (side: Side, state: SideState, limits: GateLimits): string | undefined =>
    measure(state) > limit(limits) ? message(side, state, limit(limits)) : undefined;
  return {
    ...(gate && { gate: overBoth(gate, measure, limit) }),
    ...(holdsHandOff && {
      handOff: (states, limits) => sides.flatMap((side) => problem(side, states[side], limits) ?? []),
    }),
    ...(neverDrains && {
      drain: (side, state) => (measure(state) > 0 ? message(side, state, 0) : undefined),
    }),
    ...(doctor && {
      doctor: (examined) =>
        sides.flatMap((side) => {
          const state = examined.observed.states[side];
          const found = state ? problem(side, state, examined.row.settings.gates) : undefined;
          if (!state || found === undefined) return [];
          const told = doctor(side, state, examined);
          return told ? [{ problem: found, ...told }] : [];
        }),
    }),
  };
}

/** A gate over both sides: not known when one of them cannot be asked. */
function overBoth(
  { fold = sum, beyond, ...rule }: NonNullable<SideCondition['gate']>,
  measure: SideCondition['measure'],
  limit: NonNullable<SideCondition['limit']>,
): GateRule {
  return {
    ...rule,
    over: bothSides,
    judge: ({ observed: { states }, settings }) => {
      const { monolith, extracted } = states;
      const value = monolith && extracted ? fold(measure(monolith), measure(extracted)) : null;
      return known(value, limit(settings.gates), beyond);
    },
  };
}
