import { randomUUID } from 'node:crypto';
import { sides, type Side } from '../phase.js';
import type { ParkedRow } from '../side/side.js';
import { steer, type Accepted, type Situation, type Steering } from './acts.js';
import { captureProblems } from './capture-step.js';
import { decommission, failover } from './last-acts.js';
import { nextStep } from './machine.js';
import { goalOf, positionOf } from './decide.js';
import type { ModuleRow } from './module-row.js';
import {
  RefusedError,
  UnknownModuleError,
  type Action,
  type ActionAnswer,
  type Finding,
  type HistoryEntry,
  type MismatchEntry,
  type ModuleStatus,
  type Operator,
} from './operator.js';
import { Rates } from './rates.js';
import { statusOf } from './status.js';
import { auditOf, Upkeep, type OperatorParts } from './upkeep.js';

/** What operators see and ask for. Judged by pure functions, written by compare-and-set, carried out by the loops. */
export class ModuleOperator implements Operator {
  private readonly rates = new Rates();
  private readonly upkeep: Upkeep;

  constructor(private readonly parts: OperatorParts) {
    this.upkeep = new Upkeep(parts);
  }

  modules(): Promise<ModuleStatus[]> {
    return Promise.all(this.parts.needs.modules.map(({ module }) => this.module(module)));
  }

  async module(name: string): Promise<ModuleStatus> {
    const situation = await this.situation(name, 'nobody');
    const verification = await this.parts.verifications.read(name);
    const walker = this.parts.walkers.get(name);
    const { row, at, observed } = situation;
    const copied = (observed.states.monolith?.outgoing.backfill ?? []).reduce(
      (all, each) => all + each.copied,
      0,
    );
    return statusOf({
      row,
      at,
      observed,
      verification,
      trouble: walker?.trouble ?? null,
      doing: walker?.doing ?? null,
      rates: {
        backfill: this.rates.of(`${name} backfill`, copied, observed.now),
        verify: this.rates.of(`${name} verify`, verification.done, observed.now),
      },
    });
  }

  async act(module: string, action: Action, by: { actor: string; dryRun: boolean }): Promise<ActionAnswer> {
    const situation = await this.situation(module, by.actor, action.verb === 'decommission');
    try {
      const { plan } = await this.judgeAndDo(action, situation, by.dryRun);
      return { module, verb: action.verb, dryRun: by.dryRun, plan };
    } catch (error) {
      if (error instanceof RefusedError && !by.dryRun)
        await this.upkeep.audit(situation, action, 'refused', error.message);
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
    const rows = await this.upkeep.parkedBySide(module);
    return sides.flatMap((side) => rows[side].map((row) => ({ ...row, side })));
  }

  async doctor(module: string | undefined): Promise<Finding[]> {
    const names = module === undefined ? this.parts.needs.modules.map((each) => each.module) : [module];
    const [beside, found] = await Promise.all([
      Promise.all(this.parts.findings.map(async (source) => source())),
      Promise.all(names.map(async (name) => this.upkeep.diagnose(await this.situation(name, 'nobody')))),
    ]);
    return [...beside.flat(), ...found.flat().map(({ repair, ...finding }) => finding)];
  }

  onEntry(listener: (entry: HistoryEntry) => void): () => void {
    return this.parts.feed.join(listener);
  }

  /** @throws {UnknownModuleError} */
  private require(module: string) {
    const found = this.parts.needs.modules.find((each) => each.module === module);
    if (!found) throw new UnknownModuleError(`there is no module ${module}`);
    return found;
  }

  private async situation(module: string, actor: string, last = false): Promise<Situation> {
    const { ownership } = this.require(module);
    const { store, observer, verifications, wish: wishOf, path } = this.parts;
    const row = await store.read(module);
    const observed = await observer.look(row, last);
    const below = observed.states.monolith?.ownership.extractedBelow ?? 0;
    const wish = wishOf(module);
    return {
      row,
      at: positionOf(row, ownership, below),
      observed,
      actor,
      held: wish ? `${path}, line ${wish.line}` : null,
      wish: wish ?? null,
      verifying: (await verifications.read(module)).request !== null,
    };
  }

  private async judgeAndDo(action: Action, situation: Situation, dryRun: boolean): Promise<Accepted> {
    switch (action.verb) {
      case 'verify':
        return this.upkeep.verify(situation, action.repair ?? false, dryRun);
      case 'parked':
        return this.upkeep.unpark(situation, action, dryRun);
      case 'doctor':
        return this.upkeep.heal(situation, action.repair, dryRun);
      case 'failover':
        return this.write(action, situation, failover(situation, action.iHaveFencedIt, randomUUID()), dryRun);
      case 'decommission':
        return this.retire(action, situation, dryRun);
      default:
        return this.steer(action, situation, dryRun);
    }
  }

  private async steer(action: Steering, situation: Situation, dryRun: boolean): Promise<Accepted> {
    const accepted = steer(action, situation);
    const row: ModuleRow = { ...situation.row, ...accepted.change };
    if (!row.transition && nextStep(situation.at, goalOf(row))?.kind === 'capture')
      await this.requireFit(row);
    const written = await this.write(action, situation, accepted, dryRun);
    if (action.verb === 'abort' && situation.verifying && !dryRun) {
      await this.parts.verifications.cancel(row.module);
    }
    return written;
  }

  /** @throws {RefusedError} with everything that is to be changed before the module can start to move. */
  private async requireFit({ module, paused }: ModuleRow): Promise<void> {
    const problems = paused === null ? await captureProblems(this.parts.needs.sides(module)) : [];
    if (problems.length > 0) throw new RefusedError(`${module} cannot start to move: ${problems.join('; ')}`);
  }

  private async write(
    action: Action,
    situation: Situation,
    accepted: Accepted,
    dryRun: boolean,
  ): Promise<Accepted> {
    if (dryRun) return accepted;
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
    const changed = await this.parts.store.change(row, accepted.change, { ...entry, figures });
    if (!changed) {
      throw new RefusedError(
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
      await this.parts.needs.sides(situation.row.module).monolith.retire({ purge: true });
    }
    return this.write(action, situation, accepted, dryRun);
  }
}
