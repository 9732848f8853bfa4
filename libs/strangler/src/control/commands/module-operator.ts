import { randomUUID } from 'node:crypto';
import { sides, type Side } from '../../routes/phase.js';
import type { ParkedRow } from '../../engine/replication/outgoing-state.js';
import { steer, type Accepted, type Situation, type ControlPlane } from './acts.js';
import { subjectOf } from '../advice.js';
import { captureObstacle, pairFinished } from '../steps/capture-step.js';
import { decommission, failover } from './last-acts.js';
import { nextStep } from '../machine.js';
import { goalOf, positionOf } from '../reconcile/decide.js';
import {
  rejoin,
  rejoiningSide,
  serveUnproven,
  unprovenSide,
  type Stake,
  standsElsewhere,
} from './continuity-acts.js';
import type { FileWriter } from '../config/file-writer.js';
import type { Filed, ModuleRow, RowChange } from '../store/module-row.js';
import { nearest } from './nearest.js';
import {
  RefusedError,
  UnknownModuleError,
  type Action,
  type ActionAnswer,
  type Finding,
  type HistoryEntry,
  type ModuleStatus,
  type Operator,
} from '../operator.js';
import { type MismatchEntry } from '../../calls/shadow/shadow-store.js';
import { statusOf } from '../status.js';
import { auditOf, Maintenance, type OperatorParts } from './maintenance.js';

const rejoinTries = 5;

/** The row that a decision was made by has changed since. */
class ChangedMeanwhileError extends RefusedError {}

/** What operators see and ask for. Judged by pure functions, written by compare-and-set, carried out by the loops. */
export class ModuleOperator implements Operator {
  private readonly maintenance: Maintenance;

  constructor(private readonly parts: OperatorParts) {
    this.maintenance = new Maintenance(parts);
  }

  modules(): Promise<ModuleStatus[]> {
    return Promise.all(this.parts.needs.modules.map(({ module }) => this.module(module)));
  }

  async module(name: string): Promise<ModuleStatus> {
    const situation = await this.situation(name, 'nobody');
    const verification = await this.parts.verifications.read(name);
    const note = await this.parts.notes.read(name);
    const { row, at, observed } = situation;
    return statusOf({
      row,
      at,
      observed,
      verification,
      note,
      doing: this.parts.walkers.get(name)?.doing ?? null,
      notices: this.noticesOn(name).map(({ problem }) => problem),
      rates: this.parts.rates.measure(name, observed, verification),
      advice: this.parts.advice,
    });
  }

  async act(module: string, action: Action, by: { actor: string; dryRun: boolean }): Promise<ActionAnswer> {
    const situation = await this.situation(module, by.actor, action.verb === 'decommission');
    // A database that was put back may believe its module to be at home.
    if (action.verb === 'rejoin')
      Object.assign(situation.observed, await this.parts.observer.sides(situation.row, true));
    situation.free = by.dryRun || ('write' in action && action.write === true);
    const answer = { module, verb: action.verb, dryRun: by.dryRun };
    try {
      const { plan, goal, refusal } = await this.judgeAndDo(action, situation, by.dryRun);
      return { ...answer, plan, ...(goal && { goal }), ...(refusal !== undefined && { refusal }) };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // Who only looks is told, not turned away.
      if (by.dryRun) return { ...answer, plan: [], refusal: error.message };
      await this.maintenance.audit(situation, action, 'refused', error.message);
      throw error;
    }
  }

  async history(module: string, limit: number): Promise<HistoryEntry[]> {
    this.require(module);
    return this.parts.store.history.latest(module, limit);
  }

  async mismatches(module: string): Promise<MismatchEntry[]> {
    this.require(module);
    return this.parts.needs.mismatches(module);
  }

  async parked(module: string): Promise<(ParkedRow & { side: Side })[]> {
    this.require(module);
    const rows = await this.maintenance.parkedBySide(module);
    return sides.flatMap((side) => rows[side].map((row) => ({ ...row, side })));
  }

  async doctor(module: string | undefined): Promise<Finding[]> {
    const names = module === undefined ? this.parts.needs.modules.map((each) => each.module) : [module];
    const [beside, found] = await Promise.all([
      Promise.all(this.parts.findings.map(async (source) => source())),
      Promise.all(names.map(async (name) => this.maintenance.diagnose(await this.situation(name, 'nobody')))),
    ]);
    return [
      ...this.noticesOn(module),
      ...beside.flat(),
      ...found.flat().map(({ repair, ...finding }) => finding),
    ];
  }

  onEntry(listener: (entry: HistoryEntry) => void): () => void {
    return this.parts.feed.join(listener);
  }

  /** Of a module, or of all: also what concerns no module. */
  private noticesOn(module: string | undefined): Finding[] {
    return this.parts
      .notices()
      .filter((notice) => module === undefined || notice.module === null || notice.module === module);
  }

  /** @throws {UnknownModuleError} */
  private require(module: string) {
    const found = this.parts.needs.modules.find((each) => each.module === module);
    if (!found) {
      const names = this.parts.needs.modules.map((each) => each.module);
      throw new UnknownModuleError(`there is no module ${module}${nearest(module, names)}`);
    }
    return found;
  }

  private async situation(module: string, actor: string, last = false): Promise<Situation> {
    const { ownership } = this.require(module);
    const { store, observer, verifications } = this.parts;
    const row = await store.read(module);
    const observed = await observer.look(row, last);
    const below = observed.states.monolith?.ownership.extractedBelow ?? 0;
    const { filed } = row;
    return {
      row,
      at: positionOf(row, ownership, below),
      observed,
      actor,
      held: filed && `${filed.path}, line ${filed.line}`,
      free: false,
      wish: filed,
      verifying: (await verifications.read(module)).request !== null,
      advice: this.parts.advice,
    };
  }

  private async judgeAndDo(action: Action, situation: Situation, dryRun: boolean): Promise<Accepted> {
    switch (action.verb) {
      case 'verify':
        return this.maintenance.verify(situation, action.repair ?? false, dryRun);
      case 'parked':
        return this.maintenance.unpark(situation, action, dryRun);
      case 'mismatches':
        return this.maintenance.clearMismatches(situation, dryRun);
      case 'doctor':
        return this.maintenance.heal(situation, action.repair, dryRun);
      case 'failover':
        return this.write(action, situation, failover(situation, action.iHaveFencedIt, randomUUID()), dryRun);
      case 'rejoin':
        return this.rejoin(action, situation, dryRun);
      case 'serve-unproven':
        return this.serveUnproven(action, situation, dryRun);
      case 'decommission':
        return this.retire(action, situation, dryRun);
      default:
        return this.steer(action, situation, dryRun);
    }
  }

  /** The controller, which cannot go on, notes that again and again: a change of the row that means nothing to who rejoins. */
  private async rejoin(action: Action, situation: Situation, dryRun: boolean): Promise<Accepted> {
    const { row } = situation;
    const stake = await this.stakeOf(situation);
    for (let attempt = 1; ; attempt++) {
      const now = { ...situation, row: await this.parts.store.read(row.module) };
      try {
        return await this.write(action, now, rejoin(now, stake, randomUUID()), dryRun);
      } catch (error) {
        if (!(error instanceof ChangedMeanwhileError) || attempt === rejoinTries) throw error;
      }
    }
  }

  /** Not to know it does not stand in the way. */
  private async stakeOf(situation: Situation): Promise<Stake> {
    const side = rejoiningSide(situation);
    if (!side) return [];
    const control = this.parts.needs.sides(situation.row.module)[side];
    return control.stake().catch((error: unknown) => (error as Error).message);
  }

  /** Nothing of the row is changed, so that nobody can be faster. */
  private async serveUnproven(
    action: Action & { verb: 'serve-unproven' },
    situation: Situation,
    dryRun: boolean,
  ): Promise<Accepted> {
    const accepted = serveUnproven(situation, action.iHaveFencedIt);
    if (dryRun) return accepted;
    requireUnrefused(accepted);
    const { module } = situation.row;
    await this.maintenance.audit(situation, action, 'begun', accepted.plan.join('; '));
    const { states } = situation.observed;
    const sides = this.parts.needs.sides(module);
    const side = unprovenSide(situation);
    if (standsElsewhere(situation)) await pairFinished(sides, states, { moved: true });
    else if (!(await sides[side].serveUnproven({ start: states[side]?.standpoint.start ?? '' })))
      throw new RefusedError('its server has started anew this moment: look again');
    await this.maintenance.audit(situation, action, 'done', accepted.plan.join('; '));
    this.parts.wake(module);
    return accepted;
  }

  private async steer(action: ControlPlane, situation: Situation, dryRun: boolean): Promise<Accepted> {
    const accepted = steer(action, situation);
    const row: ModuleRow = { ...situation.row, ...accepted.change };
    const begins = !row.transition && nextStep(situation.at, goalOf(row))?.kind === 'capture';
    const refusal = begins ? await this.unfit(row) : undefined;
    if (refusal !== undefined && !dryRun) throw new RefusedError(refusal);
    const through = await this.throughFile(action, situation, accepted, dryRun);
    const written = await this.write(action, situation, through, dryRun);
    if (through.filed && !dryRun) {
      await this.parts.writer?.read();
      this.parts.applyFile(row.module);
    }
    if (action.verb === 'abort' && situation.verifying && !dryRun) {
      await this.parts.verifications.cancel(row.module);
    }
    return refusal === undefined ? written : { ...written, refusal };
  }

  /** An action that changes the file: its line is written first, so that file and row say the same. */
  private async throughFile(
    action: ControlPlane,
    situation: Situation,
    accepted: Accepted,
    dryRun: boolean,
  ): Promise<Accepted> {
    // The settings follow when the line is read.
    const { settings: _settings, sources: _sources, ...moved } = accepted.change;
    const { wanted } = moved;
    if (!('write' in action) || !action.write || !wanted) return heldBack(situation, accepted, dryRun);
    const settings = action.verb === 'run' ? (action.settings ?? {}) : {};
    const { phase, percent } = wanted;
    const { writer, filed } = this.requireWriter(situation);
    const change = { module: situation.row.module, phase, percent, settings };
    const edit = dryRun ? await writer.plan(change) : await writer.write(change);
    const words =
      edit.before === edit.after
        ? `${filed.path} says so already, in line ${filed.line}`
        : `line ${edit.line} of ${filed.path}, "${edit.before}", becomes "${edit.after}"`;
    return {
      ...accepted,
      plan: [words, ...accepted.plan],
      change: { ...moved, wanted: { ...wanted, by: 'file' }, filed: { ...filed, phase, percent } },
      filed: true,
    };
  }

  /** @throws {RefusedError} unless this process leads the module, and so reads the file that counts. */
  private requireWriter({ row: { module, filed } }: Situation): { writer: FileWriter; filed: Filed } {
    if (!filed) {
      throw new RefusedError(`${module} does not stand in strangler.yaml: steer it without --write`);
    }
    const { writer, leads, leaderOf } = this.parts;
    if (writer && leads(module)) return { writer, filed };
    throw new RefusedError(
      `${module} is led by ${leaderOf(module)}: ask the admin API of that process, or change line ${filed.line} of ${filed.path} there by hand`,
    );
  }

  /** What is to be changed before the module can start to move; undefined: nothing. */
  private async unfit(row: ModuleRow): Promise<string | undefined> {
    if (row.paused !== null) return undefined;
    const { needs, advice } = this.parts;
    const obstacle = await captureObstacle(needs.sides(row.module), subjectOf(row, advice));
    if (!obstacle) return undefined;
    const why = obstacle.kind === 'unfit' ? obstacle.todo : obstacle.sentence;
    return `${row.module} cannot start to move: ${why}`;
  }

  private async write(
    action: Action,
    situation: Situation,
    accepted: Accepted,
    dryRun: boolean,
  ): Promise<Accepted> {
    if (dryRun) return accepted;
    requireUnrefused(accepted);
    const { row, observed } = situation;
    const to = (accepted.change.wanted ?? row.wanted).phase;
    const entry = auditOf(
      situation,
      action,
      accepted.begins ? 'begun' : 'done',
      accepted.plan.join('; '),
      to,
    );
    const figures = { epoch: observed.states.monolith?.ownership.epoch ?? null };
    const [change, entries] = [accepted.change, [{ ...entry, figures }]] as const;
    const { store } = this.parts;
    const changed = accepted.filed
      ? await store.amend(row.module, ({ paused }) => ({
          // The file is written already; a pause that came meanwhile stays.
          change: paused === row.paused ? change : withoutPause(change),
          entries: [...entries],
        }))
      : await store.change(row, change, ...entries);
    if (!changed) {
      throw new ChangedMeanwhileError(
        `somebody else, or the controller, changed ${row.module} at the same moment; look again, and repeat it if it still makes sense`,
      );
    }
    this.parts.wake(row.module);
    return accepted;
  }

  private async retire(
    action: Extract<Action, { verb: 'decommission' }>,
    situation: Situation,
    dryRun: boolean,
  ): Promise<Accepted> {
    const accepted = decommission(situation, action.confirm, action.purge ?? false);
    if (situation.row.phase === 'decommissioned' && !dryRun) {
      const { monolith } = this.parts.needs.sides(situation.row.module);
      const { ownership } = await monolith.state();
      await monolith.retire({ purge: true, epoch: ownership.epoch });
    }
    return this.write(action, situation, accepted, dryRun);
  }
}

/** @throws {RefusedError} for what only a dry run may show. */
function requireUnrefused({ refusal }: Accepted): void {
  if (refusal !== undefined) throw new RefusedError(refusal);
}

const withoutPause = ({ paused: _paused, pauseReason: _reason, ...change }: RowChange): RowChange => change;

/** What a look at a module that the file holds says first. */
function heldBack({ row, held }: Situation, accepted: Accepted, dryRun: boolean): Accepted {
  const moves = accepted.change.wanted !== undefined && accepted.change.wanted !== row.wanted;
  if (!dryRun || !held || !moves) return accepted;
  const words = `${row.module} is steered by ${held}: this takes --write, which changes that line`;
  return { ...accepted, plan: [words, ...accepted.plan] };
}
