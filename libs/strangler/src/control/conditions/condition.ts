import type { Origin } from '../../evidence/evidence.js';
import type { Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { Subject } from './advice.js';
import type { GateLimits, ModuleSettings } from '../config/settings.js';
import type { Position, Step } from '../terms/machine.js';
import type { NeedParts } from '../terms/need.js';
import type { GateView } from '../terms/views.js';
import type { Examined, Found } from './finding.js';
import type { Observed } from './observed.js';

/**
 * One row of the table of conditions: what is measured, what is too much, what is said of it, and what ends it. Each part is left out
 * where nobody asks.
 */
export interface Condition {
  /** As a gate: a step waits for it, or breaks at it. */
  gate?: GateRule;
  /** Why no hand-off may begin as both sides are; empty: it may. */
  handOff?: (states: BothSides, limits: GateLimits) => string[];
  /** Why the buckets of a side, once fenced, would never be drained; undefined: they will be. */
  drain?: (side: Side, state: SideState) => string | undefined;
  /** What doctor says of it, and what ends it. Pure. */
  doctor?: (examined: Examined) => Found[];
}

/** Both sides, each of which has answered. */
export type BothSides = Readonly<Record<Side, SideState>>;

/** A step that waits for gates. */
export type Moment = 'to shadow' | 'to shifting' | 'first share' | 'next share' | 'back' | 'decommission';

/** All of them. */
export const moments: readonly Moment[] = [
  'to shadow',
  'to shifting',
  'first share',
  'next share',
  'back',
  'decommission',
];

/** What a gate is judged by. */
export interface Seen {
  observed: Observed;
  settings: ModuleSettings;
  at: Position;
  /** The step that waits; undefined: none is wanted, and the share rests. */
  step: Step | undefined;
}

/** A measure beside its limit. */
export interface Judged extends Omit<GateView, 'name'> {
  /** Whose figure is shown; left out: it measures no calls. */
  shownOf?: Origin;
  /** So many more questions of the controller's own would be enough; left out: it takes none. */
  probesLacking?: number;
}

/** What the reference page says of a gate (docs/strangler-yaml.md is compared with it). */
export interface GateReference {
  /** The settings that say where its limit is; empty: it has none. */
  settings: readonly string[];
  /** What it measures. */
  measures: string;
  /** Over what. */
  over: string;
  /** What fails it; what only holds it never does. */
  fails: string;
}

/** How a condition is asked as a gate. */
export interface GateRule extends GateReference {
  /** The steps that wait for it. */
  before: readonly Moment[];
  /** At which shares, in percent, it is watched while shifting, also where no step is wanted: a failure takes the module back by itself. */
  watched?: (percent: number) => boolean;
  /** Nobody can override it. All others can be overridden by an operator while they hold, not when they fail. */
  firm?: true;
  /** It needs samples, and when they come nobody knows. */
  sampled?: true;
  /** It passes by itself with time and traffic: a comparison of all rows need not wait for it. */
  timely?: true;
  /** The measure beside its limit; null: it does not apply here. */
  judge: (seen: Seen) => Judged | null;
  /** What it waits for, and what to do. */
  words: (judged: Judged, subject: Subject) => NeedParts;
}

/** Nothing was counted for it. */
export const uncounted = { probes: 0, customers: 0, needed: 1, confidence: null, why: null };

/** What is either known or not: then it holds. `beyond`: what it does above its limit. */
export function known(value: number | null, limit: number, beyond: 'hold' | 'fail'): Judged {
  const samples = value === null ? 0 : 1;
  const state = value === null ? 'hold' : value <= limit ? 'pass' : beyond;
  return { ...uncounted, value, limit, samples, state };
}
