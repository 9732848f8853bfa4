import {
  nearest,
  percentile,
  RefusedError,
  UnknownModuleError,
  type Calls,
  type Comparisons,
  type FileWriter,
  type LeaderLock,
  type RouteFileChange,
  type RouteWish,
  type ShadowStore,
  type Upstream,
  type Windows,
} from '#strangler';
import { judgeAction, type AcceptedAction, type RouteAction } from './actions.js';
import { figuresOf, leadership } from './autopilot.js';
import { noteOnWrites } from './choose.js';
import { decideRoute, type RouteDecision, type RouteRow } from './decide.js';
import { evidenceOf } from './evidence.js';
import { gateInWords, stepGates, watchGates, type RouteEvidence, type RouteGate } from './gates.js';
import type { BoardEntry, RouteBoard } from './route-board.js';
import type { RouteEntry, RouteStore } from './store.js';

/** How an upstream has answered since the present share was reached. */
export interface UpstreamView {
  /** The origins of its copies. */
  copies: readonly string[];
  calls: number;
  errors: number;
  /** ms until the head of the answer; null: no answers yet. */
  p50Ms: number | null;
  p99Ms: number | null;
}

/** Where a route stands; the body of `GET /routes/:route`. */
export interface RouteStatus {
  route: string;
  phase: RouteRow['phase'];
  /** Share of the readers, and with `sharedStore` of all, at `new`, 0 to 100. */
  percent: number;
  wanted: { percent: number; by: 'file' | 'operator' };
  /** `strangler.yaml:7`, where the file steers it; null: operators do. */
  steeredBy: string | null;
  paused: boolean;
  sharedStore: boolean;
  cohorts: readonly { header: string; equals: string }[];
  upstreams: Record<Upstream, UpstreamView>;
  shadow: Comparisons & { share: number };
  gates: RouteGate[];
  /** In one sentence; null: nothing, it is where it is to be. */
  waitingFor: string | null;
  /** What is good to know. */
  notes: string[];
}

/** What an accepted action does. */
export interface RouteAnswer {
  route: string;
  verb: RouteAction['verb'];
  dryRun: boolean;
  plan: string[];
  /** The share at which it is done; none: there is nothing to wait for. */
  goal?: { percent: number };
}

/** Answers that differed: where, and never in what. */
export interface RouteMismatch {
  at: string;
  operation: string;
  differences: { path: string; legacy: unknown; new: unknown }[];
}

interface Parts {
  board: RouteBoard;
  store: RouteStore;
  windows: Windows;
  samples: ShadowStore;
  writer: FileWriter<RouteFileChange>;
  lock: Pick<LeaderLock, 'termOf'>;
}

/** What the admin API of a gateway offers. Every gateway can do all of it: what it changes is a row. */
export class RouteOperator {
  constructor(private readonly parts: Parts) {}

  routes(): Promise<RouteStatus[]> {
    return Promise.all(this.parts.board.entries.map((entry) => this.statusOf(entry)));
  }

  /** @throws {UnknownModuleError} */
  async route(path: string): Promise<RouteStatus> {
    return this.statusOf(await this.fresh(path));
  }

  /** @throws {UnknownModuleError} */
  async history(path: string, limit: number): Promise<RouteEntry[]> {
    await this.fresh(path);
    return this.parts.store.history(path, limit);
  }

  /** @throws {UnknownModuleError} */
  async mismatches(path: string): Promise<RouteMismatch[]> {
    await this.fresh(path);
    const kept = await this.parts.samples.samples(path);
    return kept.map(({ at, operation, differences }) => ({
      at,
      operation,
      differences: differences.map(({ path: place, monolith, extracted }) => ({
        ...{ path: place, legacy: monolith, new: extracted },
      })),
    }));
  }

  /** @throws {RefusedError} with the reason; @throws {UnknownModuleError} */
  async act(
    path: string,
    action: RouteAction,
    { actor, dryRun }: { actor: string; dryRun: boolean },
  ): Promise<RouteAnswer> {
    const { board, store } = this.parts;
    const { row, route } = await this.fresh(path);
    const gates = gatesOf(row, route, await this.evidence(row));
    const written = 'write' in action && action.write === true;
    const situation = { row: written ? { ...row, filed: null } : row, route, actor, gates };
    const judged = judgeAction(action, situation);
    const { plan, change, goal } = written ? await this.written(row, judged, dryRun) : judged;
    if (!dryRun) {
      const entry = { actor, action: action.verb, outcome: 'done' as const, figures: figuresOf(gates) };
      if (!(await store.change(row, change, { ...entry, reason: plan.join('; ') })))
        throw new RefusedError(
          `${path} was changed at the same moment; look at it, and repeat what still fits`,
        );
      if (action.verb === 'mismatches') await this.forget(path);
      await board.read();
    }
    const answer = { route: path, verb: action.verb, dryRun, plan };
    return goal === undefined ? answer : { ...answer, goal: { percent: goal } };
  }

  /** Has the file say where the route goes, and the row that it does: what comes next is no edit of the file that moves it. */
  private async written(
    { path, filed }: RouteRow,
    { plan, change, goal: percent = 0 }: AcceptedAction,
    dryRun: boolean,
  ): Promise<AcceptedAction> {
    const { writer, lock } = this.parts;
    if (!filed) throw new RefusedError(`${path} has no percent in the file: steer it without --write`);
    // Each gateway has a file of its own; that of the leader counts.
    if (lock.termOf(leadership) === undefined)
      throw new RefusedError(`another gateway moves the routes: ask it, or change its file`);
    const wish = { module: path, percent };
    const { line, before, after } = await (dryRun ? writer.plan(wish) : writer.write(wish));
    const wanted = { percent, by: 'file' as const, actor: `${filed.path}:${line}` };
    return {
      plan: [`${filed.path}:${line}: ${before} -> ${after}`, ...plan],
      change: { ...change, wanted, filed: { ...filed, percent } },
      goal: percent,
    };
  }

  private async forget(path: string): Promise<void> {
    await this.parts.windows.clearComparisons(path);
    await this.parts.samples.clear(path);
  }

  private async fresh(path: string): Promise<BoardEntry> {
    const { board } = this.parts;
    await board.read();
    const entry = board.entryOf(path);
    if (entry) return entry;
    const paths = board.entries.map(({ route }) => route.path);
    const known = paths.length === 0 ? ' (the file has none)' : nearest(path, paths);
    throw new UnknownModuleError(`there is no route ${path}${known}`);
  }

  private async evidence(row: RouteRow): Promise<RouteEvidence> {
    return evidenceOf(this.parts.windows, row, await this.parts.store.now());
  }

  private async statusOf({ row, route }: BoardEntry): Promise<RouteStatus> {
    const evidence = await this.evidence(row);
    const { phase, percent, wanted, filed, paused } = row;
    const note = noteOnWrites({ ...route, percent });
    const view = (upstream: Upstream) => viewOf(route.upstreams[upstream], evidence.calls[upstream]);
    const wants = wanted.percent > percent;
    return {
      ...{ route: row.path, phase, percent, paused: paused !== null },
      wanted: { percent: wanted.percent, by: wanted.by },
      steeredBy: filed && `${filed.path}:${filed.line}`,
      ...{ sharedStore: route.sharedStore, cohorts: route.cohorts },
      upstreams: { legacy: view('legacy'), new: view('new') },
      shadow: { ...evidence.shadow, share: route.shadow },
      gates: wants ? stepGates(row, route, evidence) : watchGates(row, route, evidence),
      waitingFor: waitingFor(row, decideRoute(row, route, evidence)),
      notes: note === undefined ? [] : [note],
    };
  }
}

/** What takes the route back, and what a step further out waits for. */
function gatesOf(row: RouteRow, route: RouteWish, evidence: RouteEvidence): RouteGate[] {
  const watched = watchGates(row, route, evidence);
  const step = stepGates(row, route, evidence);
  return [...watched, ...step.filter(({ name }) => watched.every((gate) => gate.name !== name))];
}

function waitingFor({ paused, pauseReason }: RouteRow, decision: RouteDecision): string | null {
  if (decision.kind === 'stay') {
    return (
      `${gateInWords(decision.gate)}; it stays, because legacy does not know what was written at new: ` +
      'mend the new upstream, or take it back by hand'
    );
  }
  if (paused !== null) return `somebody who lets it go on with resume: ${pauseReason ?? 'paused'}`;
  if (decision.kind !== 'hold') return null;
  const open = decision.gates.filter(({ state }) => state !== 'pass');
  return `${decision.to} % waits for ${open.map((gate) => `${gate.name}: ${gateInWords(gate)}`).join('; ')}`;
}

const viewOf = (copies: readonly string[], { calls, errors, latency }: Calls): UpstreamView => ({
  ...{ copies, calls, errors },
  p50Ms: percentile(latency, 0.5),
  p99Ms: percentile(latency, 0.99),
});
