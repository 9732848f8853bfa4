import type { GateView } from '../control/terms/views.js';
import type { Comparisons } from '../evidence/evidence.js';

/*
 * Routes of an edge move as modules do, and are steered by the same command line. This is what the admin API of a gateway answers.
 */

/**
 * How an upstream has answered since the present share was reached.
 *
 * @example
 * ```ts
 * const share = ({ calls, errors }: UpstreamView) => (calls === 0 ? 0 : errors / calls);
 * ```
 */
export interface UpstreamView {
  /** The origins of its copies. */
  copies: readonly string[];
  calls: number;
  errors: number;
  /** ms until the head of the answer; null: no answers yet. */
  p50Ms: number | null;
  p99Ms: number | null;
}

/**
 * Where a route stands; the body of `GET /routes/:route`.
 *
 * @example
 * ```ts
 * const text = ({ route, percent, waitingFor }: RouteStatus) => `${route}: ${percent} %, ${waitingFor ?? 'at rest'}`;
 * ```
 */
export interface RouteStatus {
  route: string;
  phase: 'legacy' | 'shifting';
  /** Share of the readers, and with `sharedStore` of all, at `new`, 0 to 100. */
  percent: number;
  wanted: { percent: number; by: 'file' | 'operator' };
  /** `strangler.yaml:7`, where the file steers it; null: operators do. */
  steeredBy: string | null;
  paused: boolean;
  sharedStore: boolean;
  cohorts: readonly { header: string; equals: string }[];
  /** The shares at which it stops on its way; left out: a gateway of a release that does not say. */
  ramp?: readonly number[];
  upstreams: Record<'legacy' | 'new', UpstreamView>;
  shadow: Comparisons & { share: number };
  gates: GateView[];
  /** In one sentence; null: nothing, it is where it is to be. */
  waitingFor: string | null;
  /** What is good to know. */
  notes: string[];
}

/**
 * What an accepted action does; the body of `POST /routes/:route/:verb`.
 *
 * @example
 * ```ts
 * const text = ({ plan, refusal }: RouteAnswer) => refusal ?? plan.join('\n');
 * ```
 */
export interface RouteAnswer {
  route: string;
  verb: 'run' | 'advance' | 'approve' | 'shift' | 'pause' | 'resume' | 'abort' | 'rollback' | 'mismatches';
  dryRun: boolean;
  plan: string[];
  /** Of a dry run: why it would be refused now. */
  refusal?: string;
  /** The share at which it is done; none: there is nothing to wait for. */
  goal?: { percent: number };
}

/**
 * Answers that differed: where, and never in what.
 *
 * @example
 * ```ts
 * const paths = ({ differences }: RouteMismatch) => differences.map(({ path }) => path);
 * ```
 */
export interface RouteMismatch {
  at: string;
  operation: string;
  differences: { path: string; legacy: unknown; new: unknown }[];
}

/**
 * One line of a route's history.
 *
 * @example
 * ```ts
 * const text = ({ at, actor, action, from, to }: RouteHistoryEntry) => `${at} ${actor}: ${action}, ${from} % -> ${to} %`;
 * ```
 */
export interface RouteHistoryEntry {
  id: number;
  /** RFC 3339. */
  at: string;
  route: string;
  actor: string;
  action: string;
  /** In percent. */
  from: number;
  to: number;
  outcome: 'done' | 'noted' | 'refused';
  reason: string | null;
  /** What it was decided by. */
  figures: Record<string, unknown>;
}
