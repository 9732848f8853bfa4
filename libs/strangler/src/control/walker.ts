import { handOffProblems, planHandOff } from '../ownership/hand-off.js';
import { subjectOf, type Advice, type Subject } from './advice.js';
import { captureObstacle } from './capture-step.js';
import { policyOf, routeOf } from '../routes.js';
import type { Clock } from './clock.js';
import { decide, positionOf, type Decision } from './decide.js';
import { fenceReturned } from './failover-step.js';
import type { Gate, Observed } from './gates.js';
import { Journal } from './journal.js';
import type { Position, Step } from './machine.js';
import { isOut, wantedProbes } from './measured-gates.js';
import { isAtHome, type ModuleRow, type Transition } from './module-row.js';
import type { ModuleStore } from './module-store.js';
import type { Need } from './need.js';
import type { Controlled, ControlBoundary, ControlNeeds } from './needs.js';
import type { Notes } from './notes.js';
import type { Observer } from './observe.js';
import { OutageBook, outagesIn } from './outages.js';
import { Publisher } from './publisher.js';
import type { Rates } from './rates.js';
import { waits } from './sentences.js';
import { refusedLast, returned } from './setbacks.js';
import { entryOf } from './route-entry.js';
import { Standstill } from './standstill.js';
import { carryOut, type StepEnd } from './step-runner.js';
import type { Verification, VerificationStore } from './verification-store.js';
import type { Verifier } from './verifier.js';
import { waitOf } from './waiting.js';

/** How often an outage is noted while it lasts, in ms. */
const outageEveryMs = 250;
const firstWaitMs = 500;
const longestWaitMs = 30_000;

export interface WalkerParts {
  needs: ControlNeeds;
  store: ModuleStore;
  verifications: VerificationStore;
  verifier: Verifier;
  observer: Observer;
  clock: Clock;
  /** How long buckets may be fenced before a hand-off is aborted, in ms. */
  drainMs: number;
  boundary?: ControlBoundary | undefined;
  notes: Notes;
  rates: Rates;
  advice: Advice;
}

/** Walks one module: looks, decides one thing, journals it, does it. */
export class Walker {
  /** Why it could not go on; null: nothing is in the way but gates. */
  trouble: Need | null = null;
  /** What the step under way does now. */
  doing: string | null = null;
  /** Whether the module is on its way, so that it is worth looking again soon. */
  moving = false;
  private readonly journal: Journal;
  private publisher: Publisher;
  private standstill: Standstill;
  /** The term of leadership in which all this was seen and told. */
  private term: number | undefined;
  /** The module rests at home, and its owner was told so. */
  private settled = false;
  private readonly outages: OutageBook;
  private outageNoted = 0;
  private waitUntil = 0;
  private waitMs = firstWaitMs;

  constructor(
    private readonly parts: WalkerParts,
    private readonly controlled: Controlled,
  ) {
    this.journal = new Journal(parts.store, parts.clock);
    this.outages = new OutageBook(parts.store, parts.clock);
    this.publisher = new Publisher(parts.needs);
    this.standstill = new Standstill(parts.clock);
  }

  /** An operator has spoken: what was put off is tried at once. */
  hurry(): void {
    this.waitUntil = 0;
  }

  /**
   * One step of the loop; whether more may be done at once. `term`: another one means that others may have led meanwhile. @throws
   * what stops the process in tests of crashes.
   */
  async tick(term?: number): Promise<boolean> {
    const { store, observer, verifier } = this.parts;
    if (term !== this.term) this.beginAnew(term);
    const row = await store.read(this.controlled.module);
    if (isAtHome(row)) {
      await this.outages.see(row, []);
      return this.rest(row);
    }
    this.settled = false;
    const verification = await verifier.tend(row);
    const observed = await observer.look(row);
    this.parts.rates.measure(row.module, observed, verification);
    const at = this.positionOf(row, observed);
    if (!at) return false;
    const natsLost = this.parts.needs.natsLost?.() ?? false;
    const moved = await this.goOn(row, at, observed);
    if (!moved) await this.outages.see(row, outagesIn(row, observed, natsLost));
    // After a step at once: what was seen before it says nothing any more.
    if (!moved) await this.note(row, at, observed, verification);
    return moved;
  }

  /** What others were told, and what the sides have said, is not known any more. */
  private beginAnew(term: number | undefined): void {
    this.term = term;
    this.settled = false;
    this.publisher = new Publisher(this.parts.needs);
    this.standstill = new Standstill(this.parts.clock);
  }

  /** What it waits for is written down, for processes that do not lead. */
  private async note(
    row: ModuleRow,
    at: Position,
    observed: Observed,
    verification: Verification,
  ): Promise<void> {
    const { trouble, doing } = this;
    const { notes, advice, clock } = this.parts;
    const wait = waitOf({ row, at, observed, verification, trouble, doing, advice })?.kind ?? null;
    await notes.write(row.module, { trouble, wait }, clock.now());
  }

  private async goOn(row: ModuleRow, at: Position, observed: Observed): Promise<boolean> {
    await this.publisher.tell(row.module, entryOf(row, at, observed));
    if (row.lost && row.phase === 'monolith' && !row.transition && observed.states.extracted)
      await this.fenceReturned(row);
    if (await this.standstill.keep(row, observed, this.parts.needs.sides(row.module))) return true;
    if (policyOf(row).checksReads || policyOf(row).shadowed) await this.noteOutage(at, observed);
    if (this.parts.clock.now() < this.waitUntil) return false;
    const decision = decide(row, at, observed);
    this.askWhereNobodyAsks(decision, row, at, observed);
    return this.follow(decision, row, at, observed);
  }

  /** Of a side that is not there nothing is learnt, and what was seen before says nothing of how it is afterwards. */
  private async noteOutage(at: Position, observed: Observed): Promise<void> {
    const now = this.parts.clock.now();
    if (!isOut({ observed, at }) || now - this.outageNoted < outageEveryMs) return;
    this.outageNoted = now;
    await this.parts.needs.outage(at.module);
  }

  private askWhereNobodyAsks(decision: Decision, row: ModuleRow, at: Position, observed: Observed): void {
    if (decision.kind !== 'hold' && decision.kind !== 'verify') return;
    const order = wantedProbes(at, decision.gates, observed, row.settings.gates);
    if (order) this.parts.needs.probe(row.module, order);
  }

  /** A module that nobody moves costs one query a look. */
  private async rest(row: ModuleRow): Promise<false> {
    const { ack } = row.settings;
    await this.publisher.tell(row.module, { ...routeOf('monolith'), version: row.version, ack });
    if (!this.settled) await this.settle(row);
    this.moving = false;
    this.trouble = null;
    await this.parts.notes.write(row.module, { trouble: null, wait: null }, this.parts.clock.now());
    return false;
  }

  /** Once: a module at home moves by nobody but who leads it. */
  private async settle(row: ModuleRow): Promise<void> {
    const sides = this.parts.needs.sides(row.module);
    const monolith = await sides.monolith.state().catch(() => null);
    if (monolith) await this.standstill.keep(row, { states: { monolith, extracted: null } }, sides);
    this.settled = monolith !== null;
  }

  private positionOf(row: ModuleRow, { states }: Observed): Position | undefined {
    if (states.monolith) {
      return positionOf(row, this.controlled.ownership, states.monolith.ownership.extractedBelow);
    }
    this.trouble = waits.home('no answer');
    return undefined;
  }

  private async follow(
    decision: Decision,
    row: ModuleRow,
    at: Position,
    observed: Observed,
  ): Promise<boolean> {
    this.moving = decision.kind !== 'rest' && decision.kind !== 'paused';
    switch (decision.kind) {
      case 'continue':
        return this.carryOut(row, at, false);
      case 'begin':
        return this.begin(row, at, decision, observed);
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
    row: ModuleRow,
    at: Position,
    { step, gates }: { step: Step; gates: readonly Gate[] },
    observed: Observed,
  ): Promise<boolean> {
    this.trouble = await this.obstacle(step, row, observed);
    if (this.trouble !== null) {
      // To hear of routers takes its time; all else is not asked for ten times a second.
      if (step.kind === 'capture') this.putOff();
      return false;
    }
    // Whoever answers for the owner has to know first that it may change.
    if (!(await this.standstill.lets(step, row, observed, this.parts.needs.sides(row.module)))) return false;
    const mayShift = this.standstill.numberOf(step, observed);
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
  private async obstacle(step: Step, row: ModuleRow, { states }: Observed): Promise<Need | null> {
    if (step.kind === 'capture')
      return captureObstacle(this.parts.needs.sides(row.module), this.subject(row));
    if (step.kind !== 'hand-off' || !states.monolith || !states.extracted) return null;
    const { monolith, extracted } = states;
    const problems = handOffProblems({ monolith, extracted }, row.settings.gates.lagMs);
    return problems.length > 0 ? waits.handOff(problems, this.subject(row)) : null;
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

  private async fenceReturned(row: ModuleRow): Promise<void> {
    const report = await fenceReturned(this.parts.needs.sides(row.module).extracted).catch(() => undefined);
    if (!report) return;
    await this.parts.store.change(
      row,
      { lost: null },
      {
        module: row.module,
        actor: 'autopilot',
        action: 'failover',
        from: row.phase,
        to: row.phase,
        outcome: 'noted',
        reason:
          'the side that was given up is back and has given way; what it had not sent is a report, not data',
        figures: report,
      },
    );
  }

  private async at(what: string, moment: 'before' | 'after'): Promise<void> {
    await this.parts.boundary?.(this.controlled.module, what, moment);
  }
}
