import {
  RefusedError,
  UnknownModuleError,
  type RouteAnswer,
  type RouteHistoryEntry,
  type RouteMismatch,
  type RouteStatus,
  type UpstreamView,
} from 'nestjs-strangler';
import {
  nearest,
  percentile,
  type Calls,
  type FileWriter,
  type LeaderLock,
  type RouteFileChange,
  type RouteWish,
  type ShadowStore,
  type Upstream,
  type Windows,
} from 'nestjs-strangler/internal';
import type { UpstreamPools } from '../pool/upstream-pools.js';
import { judgeAction, type AcceptedAction, type RouteAction } from './actions.js';
import { figuresOf, leadership } from './autopilot.js';
import { noteOnWrites } from './choose.js';
import { decideRoute, type RouteChange, type RouteDecision, type RouteRow } from './decide.js';
import { evidenceOf } from './evidence.js';
import { gateInWords, stepGates, watchGates, type RouteEvidence, type RouteGate } from './gates.js';
import type { BoardEntry, RouteBoard } from './route-board.js';
import type { NewRouteEntry, RouteStore } from './store.js';

interface Parts {
  board: RouteBoard;
  store: RouteStore;
  windows: Windows;
  samples: ShadowStore;
  writer: FileWriter<RouteFileChange>;
  lock: Pick<LeaderLock, 'termOf'>;
  pools: Pick<UpstreamPools, 'of'>;
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
  async history(path: string, limit: number): Promise<RouteHistoryEntry[]> {
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

  /** @throws {RefusedError} with the reason, unless it is a dry run, which tells it; @throws {UnknownModuleError} */
  async act(
    path: string,
    action: RouteAction,
    { actor, dryRun }: { actor: string; dryRun: boolean },
  ): Promise<RouteAnswer> {
    const { row, route } = await this.fresh(path);
    const gates = gatesOf(row, route, await this.evidence(row));
    const write = 'write' in action && action.write === true;
    const situation = { row, route, actor, gates, free: dryRun || write };
    const answer = { route: path, verb: action.verb, dryRun };
    const entry = { actor, action: action.verb, figures: figuresOf(gates) };
    try {
      const judged = judgeAction(action, situation);
      const { plan, change, goal, writeFile } = await this.throughFile(row, judged, write);
      if (!dryRun) {
        const done = { ...entry, outcome: 'done' as const, reason: plan.join('; ') };
        await this.write(action, row, { change, entry: done, writeFile });
      }
      return { ...answer, plan, ...(goal !== undefined && { goal: { percent: goal } }) };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // Who only looks is told, not turned away.
      if (dryRun) return { ...answer, plan: [], refusal: error.message };
      await this.parts.store.note(row, { ...entry, outcome: 'refused', reason: error.message });
      throw error;
    }
  }

  private async write(
    { verb }: RouteAction,
    row: RouteRow,
    {
      change,
      entry,
      writeFile,
    }: { change: RouteChange; entry: NewRouteEntry } & Pick<ThroughFile, 'writeFile'>,
  ): Promise<void> {
    const { board, store } = this.parts;
    let isWritten = false;
    const also = async () => {
      await writeFile?.();
      isWritten = writeFile !== undefined;
    };
    const changed = await store.change(row, change, entry, also).catch((error: unknown) => {
      throw isWritten ? filedAlone(row, error) : error;
    });
    if (!changed)
      throw new RefusedError(
        `${row.path} was changed at the same moment; look at it, and repeat what still fits`,
      );
    if (verb === 'mismatches') await this.forget(row.path);
    await board.read();
  }

  /** An action that goes elsewhere than the file says: the file is to say it too, and the row that it does, so that what is read next is no edit that moves it. */
  private async throughFile(
    { path, filed }: RouteRow,
    accepted: AcceptedAction,
    write: boolean,
  ): Promise<ThroughFile> {
    const { plan, change } = accepted;
    const { wanted } = change;
    if (!wanted || wanted.by === 'file') return accepted;
    if (!write) return filed ? { ...accepted, plan: [takesWrite(path, filed), ...plan] } : accepted;
    const { writer, lock } = this.parts;
    if (!filed) throw new RefusedError(`${path} has no percent in the file: steer it without --write`);
    // Each gateway has a file of its own; that of the leader counts.
    if (lock.termOf(leadership) === undefined)
      throw new RefusedError(`another gateway moves the routes: ask it, or change its file`);
    const { percent } = wanted;
    const wish = { module: path, percent };
    const { line, before, after } = await writer.plan(wish);
    return {
      ...accepted,
      // Read before the row is let go: who sees the new row beside the old text would take that for an edit.
      writeFile: () => writer.write(wish).then(() => writer.read()),
      plan: before === after ? plan : [`${filed.path}:${line}: ${before} -> ${after}`, ...plan],
      change: {
        ...change,
        wanted: { percent, by: 'file', actor: `${filed.path}:${before === after ? filed.line : line}` },
        filed: { ...filed, percent },
      },
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
    const troubles = (['legacy', 'new'] as const).flatMap((upstream) =>
      this.parts.pools.of(route.upstreams[upstream]).troubles.map((trouble) => `${upstream} at ${trouble}`),
    );
    const wants = wanted.percent > percent;
    return {
      ...{ route: row.path, phase, percent, paused: paused !== null },
      wanted: { percent: wanted.percent, by: wanted.by },
      steeredBy: filed && `${filed.path}:${filed.line}`,
      ...{ sharedStore: route.sharedStore, cohorts: route.cohorts, ramp: route.ramp },
      upstreams: { legacy: view('legacy'), new: view('new') },
      shadow: { ...evidence.shadow, share: route.shadow },
      gates: wants ? stepGates(row, route, evidence) : watchGates(row, route, evidence),
      waitingFor: waitingFor(row, decideRoute(row, route, evidence)),
      notes: [...(note === undefined ? [] : [note]), ...waitingCohorts(row, route), ...troubles],
    };
  }
}

/** A cohort is at `new` from the moment in which somebody has begun to move the route, also to 0 %. */
const waitingCohorts = ({ path, phase }: RouteRow, { cohorts }: RouteWish): string[] =>
  phase === 'legacy' && cohorts.length > 0
    ? [`its cohorts are at legacy until it is moved: shift ${path} 0, or percent: 0 in the file`]
    : [];

/** `writeFile` writes the line of the file, where one is to be written. */
interface ThroughFile extends AcceptedAction {
  writeFile?: () => Promise<unknown>;
}

/** Both are written, or neither is, but for a database that is lost in the moment of the commit. */
const filedAlone = ({ path, filed }: RouteRow, error: unknown): RefusedError =>
  new RefusedError(
    `${filed?.path} is written, and the database did not take the rest (${String(error)}): what the file says counts; look at ${path}`,
  );

/** What a look at a route that the file holds says first. */
const takesWrite = (path: string, filed: NonNullable<RouteRow['filed']>): string =>
  `${path} is steered by ${filed.path}:${filed.line}: this takes --write, which changes that line`;

/** What takes the route back, and what a step further out waits for. */
function gatesOf(row: RouteRow, route: RouteWish, evidence: RouteEvidence): RouteGate[] {
  const watched = watchGates(row, route, evidence);
  const step = stepGates(row, route, evidence);
  return [...watched, ...step.filter(({ name }) => watched.every((gate) => gate.name !== name))];
}

function waitingFor({ paused, pauseReason, filed }: RouteRow, decision: RouteDecision): string | null {
  const elsewise =
    filed && paused === 'up' ? `, or writes another percent into ${filed.path}:${filed.line}` : '';
  if (decision.kind === 'stay') {
    return (
      `${gateInWords(decision.gate)}; it stays, because legacy does not know what was written at new: ` +
      'mend the new upstream, or take it back by hand'
    );
  }
  if (paused !== null) return `somebody who lets it go on with resume${elsewise}: ${pauseReason ?? 'paused'}`;
  if (decision.kind !== 'hold') return null;
  const open = decision.gates.filter(({ state }) => state !== 'pass');
  return `${decision.to} % waits for ${open.map((gate) => `${gate.name}: ${gateInWords(gate)}`).join('; ')}`;
}

const viewOf = (copies: readonly string[], { calls, errors, latency }: Calls): UpstreamView => ({
  ...{ copies, calls, errors },
  p50Ms: percentile(latency, 0.5),
  p99Ms: percentile(latency, 0.99),
});
