import { planHandOff } from '../steps/hand-off.js';
import { handOffProblems } from '../conditions/hand-off-problems.js';
import type { OldWriter } from '../../engine/ownership/old-writers.js';
import type { Side } from '../../routes/phase.js';
import { isOfOlderRelease } from '../../sides/remote.js';
import { subjectOf, type Advice, type Subject } from '../conditions/advice.js';
import { brokenRules, captureObstacle } from '../steps/capture-step.js';
import type { Clock } from '../terms/clock.js';
import type { Decision } from './decide.js';
import type { Gate } from '../conditions/gates.js';
import type { Observed } from '../conditions/observed.js';
import { Journal } from './journal.js';
import { leadsOut, type Position, type Step } from '../terms/machine.js';
import type { ModuleRow, Transition } from '../store/module-row.js';
import type { ModuleStore } from '../store/module-store.js';
import type { Need } from '../terms/need.js';
import type { ControlBoundary, ControlNeeds } from './needs.js';
import { waits } from '../conditions/sentences.js';
import { refusedLast, returned } from './setbacks.js';
import type { Standstill } from './standstill.js';
import { carryOut, type StepEnd } from '../steps/step-runner.js';
import type { VerificationStore } from '../store/verification-store.js';
import type { Verifier } from './verifier.js';

/** What fails is tried again after so many ms, doubling. */
const firstWaitMs = 500;
const longestWaitMs = 30_000;

/** What decisions are carried out with. */
export interface DecisionParts {
  needs: ControlNeeds;
  store: ModuleStore;
  verifications: VerificationStore;
  verifier: Verifier;
  clock: Clock;
  /** How long buckets may be fenced before a hand-off is aborted, in ms. */
  drainMs: number;
  boundary?: ControlBoundary | undefined;
  advice: Advice;
}

/** Does what was decided for one module, journalled; what fails is put off, longer each time. */
export class DecisionRunner {
  /** Why it could not go on; null: nothing is in the way but gates. */
  trouble: Need | null = null;
  /** What the step under way does now. */
  doing: string | null = null;
  private readonly journal: Journal;
  private waitUntil = 0;
  private waitMs = firstWaitMs;

  constructor(
    private readonly parts: DecisionParts,
    private readonly module: string,
  ) {
    this.journal = new Journal(parts.store, parts.clock);
  }

  /** What was put off is not yet tried again. */
  get waits(): boolean {
    return this.parts.clock.now() < this.waitUntil;
  }

  /** What was put off is tried at once. */
  hurry(): void {
    this.waitUntil = 0;
  }

  /** Whether something was done, so that more may be done at once. @throws what stops the process in tests of crashes. */
  async run(
    decision: Decision,
    row: ModuleRow,
    at: Position,
    observed: Observed,
    standstill: Standstill,
  ): Promise<boolean> {
    switch (decision.kind) {
      case 'continue':
        return this.carryOut(row, at, false);
      case 'begin':
        return this.begin(decision, row, at, observed, standstill);
      case 'verify':
        return this.verify(row, observed);
      case 'return':
        return this.setBack(row, returned(row, decision.gate, this.subject(row), this.parts.clock.now()));
      case 'refuse':
        return this.setBack(row, refusedLast(row, decision.gates, this.subject(row), this.parts.clock.now()));
      case 'hold':
      case 'paused':
      case 'rest':
        this.trouble = null;
        return false;
    }
  }

  private async begin(
    { step, gates }: { step: Step; gates: readonly Gate[] },
    row: ModuleRow,
    at: Position,
    observed: Observed,
    standstill: Standstill,
  ): Promise<boolean> {
    this.trouble = await this.obstacle(step, row, at, observed);
    if (this.trouble !== null) {
      // To hear of routers takes its time; all else is not asked for ten times a second.
      if (step.kind === 'capture' || this.trouble.kind === 'unfit') this.putOff();
      return false;
    }
    // Whoever answers for the owner has to know first that it may change.
    if (!(await standstill.lets(step, row, observed, this.parts.needs.sides(row.module)))) return false;
    const mayShift = standstill.numberOf(step, observed);
    const epoch = observed.states.monolith?.ownership.epoch ?? 0;
    await this.at('begin', 'before');
    const { monolith, extracted } = observed.states;
    const handOff =
      step.kind === 'hand-off' && monolith && extracted
        ? { ...planHandOff(step.below, { monolith, extracted }), mayShift }
        : undefined;
    if (step.kind === 'hand-off' && !handOff) return false;
    const begun = await this.journal.begin({ row, at, step, gates, epoch, handOff });
    await this.at('begin', 'after');
    if (!begun) return true;
    if (begun.transition) return this.carryOut(begun, at, true);
    return this.stepDone();
  }

  /** What is in the way of a step that all gates let through. */
  private async obstacle(
    step: Step,
    row: ModuleRow,
    at: Position,
    { states }: Observed,
  ): Promise<Need | null> {
    if (step.kind === 'capture')
      return captureObstacle(this.parts.needs.sides(row.module), this.subject(row));
    if (step.kind !== 'hand-off' || !states.monolith || !states.extracted) return null;
    const { monolith, extracted } = states;
    const problems = handOffProblems({ monolith, extracted }, row.settings.gates);
    if (problems.length > 0) return waits.handOff(problems, this.subject(row));
    const broken = leadsOut(at, step) ? await brokenRules(this.parts.needs.sides(row.module)) : [];
    if (broken.length > 0) return waits.unfit(broken, 'go on');
    const { from } = planHandOff(step.below, { monolith, extracted });
    const writers = await this.oldWriters(from).catch((error: unknown) => error as Error);
    if (writers instanceof Error) {
      const why = `${from} does not say who still writes there: ${writers.message}`;
      return waits.handOff([why], this.subject(row));
    }
    return writers.length > 0 ? waits.oldWriters(from, writers) : null;
  }

  /** Before anything is fenced. A service of an older release cannot be asked so; its fence waits for them, as it did. */
  private oldWriters(from: Side): Promise<OldWriter[]> {
    const side = this.parts.needs.sides(this.module)[from];
    return side.oldWriters().catch((error: unknown) => {
      if (isOfOlderRelease(error, 'oldWriters')) return [];
      throw error;
    });
  }

  private subject = (row: ModuleRow): Subject => subjectOf(row, this.parts.advice);

  private async carryOut(row: ModuleRow, at: Position, fresh: boolean): Promise<boolean> {
    const transition = row.transition as Transition;
    const { store, needs, clock, drainMs } = this.parts;
    await this.at(transition.step.kind, 'before');
    const end = await carryOut(transition, {
      clock,
      drainMs,
      fresh,
      sides: needs.sides(row.module),
      aborted: async () => (await store.read(row.module)).transition?.aborted ?? false,
      onStep: (what) => (this.doing = what),
    }).catch((error: unknown) => this.brokenOff(error));
    await this.at(transition.step.kind, 'after');
    if (end.outcome === 'stuck') {
      this.trouble = waits.stuck(transition.step.kind, end.reason ?? 'not known why', this.subject(row));
      this.putOff();
      return false;
    }
    await this.at('end', 'before');
    await this.journal.end(at, transition, end);
    await this.at('end', 'after');
    return this.ended(transition, end, row);
  }

  private brokenOff(error: unknown) {
    return { outcome: 'stuck' as const, reason: (error as Error).message, figures: {} };
  }

  private ended({ step }: Transition, { outcome, reason }: StepEnd, row: ModuleRow): boolean {
    this.doing = null;
    if (outcome === 'done') return this.stepDone();
    this.trouble = waits.takenBack(step.kind, reason ?? 'not known why', this.subject(row));
    this.putOff();
    return false;
  }

  private stepDone(): true {
    this.trouble = null;
    this.waitMs = firstWaitMs;
    return true;
  }

  /** The next try waits longer each time. */
  private putOff(): void {
    this.waitUntil = this.parts.clock.now() + this.waitMs;
    this.waitMs = Math.min(this.waitMs * 2, longestWaitMs);
  }

  private async verify(row: ModuleRow, observed: Observed): Promise<boolean> {
    const { verifications, verifier, clock } = this.parts;
    const broke = verifier.trouble(row.module);
    this.trouble = broke === undefined ? null : waits.verifyBroke(broke);
    const { request, beganAt } = await verifications.read(row.module);
    if (request) return false;
    // One has ended since we looked: all rows need not be compared once more.
    if (beganAt !== observed.verified.beganAt) return true;
    await verifications.request(row.module, { actor: 'autopilot', repair: false }, clock.now());
    return true;
  }

  private async setBack(row: ModuleRow, { change, entry }: ReturnType<typeof returned>): Promise<boolean> {
    await this.at('set back', 'before');
    await this.parts.store.change(row, change, entry);
    await this.at('set back', 'after');
    return true;
  }

  private async at(what: string, moment: 'before' | 'after'): Promise<void> {
    await this.parts.boundary?.(this.module, what, moment);
  }
}
