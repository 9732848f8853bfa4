import type { RouteRun, RouteWish } from 'nestjs-strangler/internal';
import type { Standing } from './choose.js';
import { stepGates, watchGates, type RouteEvidence, type RouteGate } from './gates.js';
import { wayTo } from './ramp.js';

/** What the gateway's database knows of a route. */
export interface RouteRow extends Standing {
  path: string;
  /** The share to walk to, and who says so. */
  wanted: { percent: number; by: 'file' | 'operator'; actor: string };
  /** `all`: nothing begins. `up`: nothing that leads further out begins. */
  paused: 'all' | 'up' | null;
  pauseReason: string | null;
  /** What an operator gave to `run`: it counts before what the file says, until somebody says otherwise. */
  run: RouteRun;
  /** Shares that a person has approved. */
  approved: readonly number[];
  /** Those that it has been moved between, as the file had them; null: nobody has said so yet. */
  upstreams: RouteWish['upstreams'] | null;
  /** What `strangler.yaml` last said; null: operators steer the route. */
  filed: { percent: number; path: string; line: number } | null;
  /** When the present share was reached, ms since 1970. */
  stepSince: number;
  version: number;
}

/** What of a row may be changed. */
export type RouteChange = Partial<Omit<RouteRow, 'path' | 'version'>>;

export type RouteDecision =
  | { kind: 'rest' }
  | { kind: 'paused' }
  | { kind: 'hold'; to: number; gates: RouteGate[] }
  | { kind: 'step'; to: number; gates: RouteGate[] }
  /** A gate broke: everybody goes back to `legacy`. */
  | { kind: 'return'; gate: RouteGate }
  /** A gate broke, and nobody goes back by itself: `legacy` does not know what was written at `new`. */
  | { kind: 'stay'; gate: RouteGate };

/** The one next thing to do with a route, by what is stored and seen. Pure; as `decide` of modules. */
export function decideRoute(row: RouteRow, route: RouteWish, evidence: RouteEvidence): RouteDecision {
  const broken = watchGates(row, route, evidence).find(({ state }) => state === 'fail');
  if (broken)
    return mayReturn(row, route) ? { kind: 'return', gate: broken } : { kind: 'stay', gate: broken };
  const { percent, wanted, paused } = row;
  if (percent === wanted.percent) return { kind: 'rest' };
  const [to] = wayTo(percent, wanted.percent, route.ramp) as [number];
  const up = to > percent;
  if (paused === 'all' || (paused === 'up' && up)) return { kind: 'paused' };
  if (!up) return { kind: 'step', to, gates: [] };
  const gates = stepGates(row, route, evidence);
  return { kind: gates.every(({ state }) => state === 'pass') ? 'step' : 'hold', to, gates };
}

/** Whether going back loses nothing by itself: at 100 % writes are at `new`, in a store that `legacy` may not see. */
const mayReturn = ({ percent }: Standing, { sharedStore }: RouteWish): boolean =>
  percent < 100 || sharedStore;

/** The route is at another share. What was approved for a way out is not approved for the next one. */
export const movedTo = (
  percent: number,
  { approved }: Pick<RouteRow, 'approved'>,
): Required<Pick<RouteChange, 'phase' | 'percent' | 'approved'>> => ({
  phase: 'shifting',
  percent,
  approved: approved.filter((share) => share <= percent),
});

/** Everybody goes back, and nothing leads out again by itself. */
export const returned = (reason: string): RouteChange => ({
  phase: 'legacy',
  percent: 0,
  approved: [],
  wanted: { percent: 0, by: 'operator', actor: 'autopilot' },
  paused: 'up',
  pauseReason: `returned by itself: ${reason}`,
});

/**
 * What the file changes in a row; undefined: nothing. Only an edit moves a route, and frees one that went back by itself; a
 * restart that reads the same does nothing. A share that is taken out of the file leaves the route where it is.
 */
export function filedRoute(
  { percent, line }: Pick<RouteWish, 'percent' | 'line'>,
  row: RouteRow,
  file: string,
): RouteChange | undefined {
  if (percent === null)
    return row.filed ? { filed: null, wanted: { ...row.wanted, by: 'operator' } } : undefined;
  const filed = { percent, path: file, line };
  if (row.filed?.percent === percent) {
    return row.filed.line === line && row.filed.path === file ? undefined : { filed };
  }
  const free = row.paused === 'up' ? { paused: null, pauseReason: null } : {};
  const wanted = { percent, by: 'file' as const, actor: `${file}:${line}` };
  return { filed, phase: 'shifting', wanted, run: {}, ...free };
}
