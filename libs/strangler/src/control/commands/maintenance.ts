import { sides, type Side } from '../../routes/phase.js';
import type { ParkedRow } from '../../engine/replication/outgoing-state.js';
import type { Accepted, Situation } from './acts.js';
import { subjectOf, typed } from '../advice.js';
import { carryOutRepair } from '../doctor/doctor-repair.js';
import { diagnose } from '../doctor/doctor.js';
import type { Diagnosis } from '../conditions/finding.js';
import type { FileWriter } from '../config/file-writer.js';
import type { HistoryFeed } from '../store/history-feed.js';
import { totalOf } from '../conditions/measured.js';
import type { NewEntry } from '../store/history.js';
import { requireAlive } from './legal.js';
import { rejoinFirst } from './rejoin-first.js';
import {
  RefusedError,
  type Action,
  type Finding,
  type FindingSource,
  type HistoryEntry,
} from '../operator.js';
import type { Reconciler, WalkerParts } from '../reconcile/reconciler.js';

export interface OperatorParts extends WalkerParts {
  walkers: ReadonlyMap<string, Reconciler>;
  feed: HistoryFeed;
  findings: readonly FindingSource[];
  /** What is wrong with who steers, for `status` and `doctor`. */
  notices: () => Finding[];
  /** Writes the file; undefined: this process has none. */
  writer: FileWriter | undefined;
  /** Whether this process leads the module. */
  leads: (module: string) => boolean;
  /** Which process does, in words. */
  leaderOf: (module: string) => string;
  /** Lets what the file says of the module count again, whoever has changed its row since it was read. */
  applyFile: (module: string) => void;
  /** Lets the module's loop look at once. */
  wake: (module: string) => void;
}

/** What operators ask for that moves nothing: verify, parked rows, doctor. */
export class Maintenance {
  constructor(private readonly parts: OperatorParts) {}

  async verify(situation: Situation, repair: boolean, dryRun: boolean): Promise<Accepted> {
    const { row, verifying, actor } = situation;
    const subject = subjectOf(row, this.parts.advice);
    requireAlive(situation);
    if (row.phase === 'monolith')
      throw new RefusedError(`${row.module} is on monolith: there is no copy to compare with`);
    if (verifying)
      throw new RefusedError(
        `verify of ${row.module} is running already; stop it: ${typed(subject, 'abort')}`,
      );
    const first = repair ? rejoinFirst(situation) : undefined;
    if (first !== undefined) throw new RefusedError(`no row is sent again now: ${first}`);
    const plan = [
      'compare all rows of both sides',
      ...(repair ? ['send the owner’s rows again where they differ'] : []),
    ];
    if (!dryRun) {
      await this.parts.verifications.request(row.module, { actor, repair }, this.parts.clock.now());
      await this.audit(situation, { verb: 'verify' }, 'begun', plan.join('; '));
      this.parts.wake(row.module);
    }
    return { plan, change: {}, begins: true };
  }

  async unpark(
    situation: Situation,
    { how, ids }: { how: 'retry' | 'discard'; ids: number[] },
    dryRun: boolean,
  ): Promise<Accepted> {
    const { module } = situation.row;
    const parked = await this.parkedBySide(module);
    const known = sides.map((side) => ({
      side,
      ids: parked[side].map(({ id }) => id).filter((id) => ids.includes(id)),
    }));
    const unknown = ids.filter((id) => !known.some((each) => each.ids.includes(id)));
    if (unknown.length > 0) {
      throw new RefusedError(
        `there is no parked row ${unknown.join(', ')} of ${module}; see: ${typed(subjectOf(situation.row, this.parts.advice), 'parked')}`,
      );
    }
    const plan = known.flatMap((each) => each.ids.map((id) => `${how} row ${id} of ${each.side}`));
    if (!dryRun) {
      for (const each of known) {
        if (each.ids.length > 0)
          await this.parts.needs.sides(module)[each.side].unpark({ ids: each.ids, how });
      }
      await this.audit(situation, { verb: 'parked' }, 'done', plan.join('; '));
      this.parts.wake(module);
    }
    return { plan, change: {}, begins: false };
  }

  /** Forgets what was compared since the step began: the gate asks anew. */
  async clearMismatches(situation: Situation, dryRun: boolean): Promise<Accepted> {
    const { module } = situation.row;
    const { compared, mismatches } = totalOf(situation.observed.evidence.shadow);
    const plan = [
      `forget the comparisons of this step (${compared}, of which ${mismatches} differ) and the samples kept`,
      'the gate "shadow mismatches" begins anew',
    ];
    if (!dryRun) {
      const samples = await this.parts.needs.clearMismatches(module);
      const entry = auditOf(situation, { verb: 'mismatches' }, 'done', plan.join('; '));
      await this.parts.store.history.write({ ...entry, figures: { compared, mismatches, samples } });
      this.parts.wake(module);
    }
    return { plan, change: {}, begins: false };
  }

  async parkedBySide(module: string): Promise<Record<Side, ParkedRow[]>> {
    const controls = this.parts.needs.sides(module);
    const of = (side: Side) => controls[side].parked().catch((): ParkedRow[] => []);
    const row = await this.parts.store.read(module);
    const [monolith, extracted] = await Promise.all([
      of('monolith'),
      row.phase === 'monolith' ? [] : of('extracted'),
    ]);
    return { monolith, extracted };
  }

  async heal(situation: Situation, repair: boolean, dryRun: boolean): Promise<Accepted> {
    const { row } = situation;
    const found = await this.diagnose(situation);
    const plan = found.map(
      ({ problem, remedy, repairable }) => `${problem}: ${repairable ? '' : 'by hand: '}${remedy}`,
    );
    if (repair && !dryRun) {
      for (const { repair: way } of found)
        if (way) await carryOutRepair(way, this.parts.needs.sides(row.module));
      await this.audit(situation, { verb: 'doctor' }, 'done', plan.join('; ') || 'nothing was found');
      this.parts.wake(row.module);
    }
    return { plan: plan.length > 0 ? plan : ['nothing is stuck'], change: {}, begins: false };
  }

  /**
   * What is stuck. Asks the other side also of a module at home: something may have been left there; but starts nothing for it.
   */
  async diagnose({ row, at, observed }: Situation): Promise<Diagnosis[]> {
    const { needs, observer, notes, verifications, walkers, advice } = this.parts;
    const [sides, note, verification] = await Promise.all([
      observer.sides(row, !needs.wakesServers?.()),
      notes.read(row.module),
      verifications.read(row.module),
    ]);
    const doing = walkers.get(row.module)?.doing ?? null;
    return diagnose({ row, at, observed: { ...observed, ...sides }, note, verification, doing, advice });
  }

  /** Writes down who asked for what, also when it was refused. */
  audit(
    situation: Situation,
    action: Pick<Action, 'verb'>,
    outcome: HistoryEntry['outcome'],
    reason: string,
  ): Promise<void> {
    return this.parts.store.history.write(auditOf(situation, action, outcome, reason));
  }
}

/** The history's line of an action. */
export const auditOf = (
  { row: { module, phase }, actor }: Situation,
  { verb }: Pick<Action, 'verb'>,
  outcome: HistoryEntry['outcome'],
  reason: string,
  to = phase,
): NewEntry => ({ module, actor, action: verb, from: phase, to, outcome, reason });
