import { policyOf, routeOf } from '../../routes/routes.js';
import { pairFinished } from '../steps/capture-step.js';
import { decide, gatesNow, positionOf, type Decision } from './decide.js';
import { DecisionRunner, type DecisionParts } from './decision-runner.js';
import { fenceReturned } from '../steps/failover-step.js';
import type { Observed } from '../conditions/observed.js';
import type { Position } from '../terms/machine.js';
import { isOut, wantedProbes } from '../conditions/measured.js';
import { isAtHome, type ModuleRow } from '../store/module-row.js';
import type { Need } from '../terms/need.js';
import type { Controlled } from './needs.js';
import type { Notes } from '../store/notes.js';
import type { Observer } from './observe.js';
import { OutageBook, outagesIn } from './outages.js';
import { Publisher } from './publisher.js';
import type { Rates } from './rates.js';
import { stateFiguresOf } from '../conditions/state-figures.js';
import type { StateWindows } from '../store/state-windows.js';
import { waits } from '../conditions/sentences.js';
import { entryOf } from '../conditions/route-entry.js';
import { Standstill } from './standstill.js';
import type { Verification } from '../store/verification-store.js';
import { waitOf } from './waiting.js';

/** How often an outage is noted while it lasts, in ms. */
const outageEveryMs = 250;

/** What a reconciler works with. */
export interface WalkerParts extends DecisionParts {
  observer: Observer;
  notes: Notes;
  states: StateWindows;
  rates: Rates;
}

/** Walks one module: looks, decides one thing, has it done, and tells who has to know. */
export class Reconciler {
  /** Whether the module is on its way, so that it is worth looking again soon. */
  moving = false;
  private readonly runner: DecisionRunner;
  private publisher: Publisher;
  private standstill: Standstill;
  /** The term of leadership in which all this was seen and told. */
  private term: number | undefined;
  /** The module rests at home, and its owner was told so. */
  private settled = false;
  private readonly outages: OutageBook;
  private outageNoted = 0;

  constructor(
    private readonly parts: WalkerParts,
    private readonly controlled: Controlled,
  ) {
    this.runner = new DecisionRunner(parts, controlled.module);
    this.outages = new OutageBook(parts.store, parts.clock);
    this.publisher = new Publisher(parts.needs);
    this.standstill = new Standstill(parts.clock);
  }

  /** Why it could not go on; null: nothing is in the way but gates. */
  get trouble(): Need | null {
    return this.runner.trouble;
  }

  /** What the step under way does now. */
  get doing(): string | null {
    return this.runner.doing;
  }

  /** An operator has spoken: what was put off is tried at once. */
  hurry(): void {
    this.runner.hurry();
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
    await this.parts.states.see(row.module, stateFiguresOf(at, observed), observed.now);
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
    await notes.write(row.module, { trouble, wait, gates: gatesNow(row, at, observed) }, clock.now());
  }

  private async goOn(row: ModuleRow, at: Position, observed: Observed): Promise<boolean> {
    await this.publisher.tell(row.module, entryOf(row, at, observed));
    if (row.lost && policyOf(row).atHome && !row.transition && observed.states.extracted)
      await this.fenceReturned(row);
    if (policyOf(row).ended)
      await pairFinished(this.parts.needs.sides(row.module), observed.states).catch(() => undefined);
    if (await this.standstill.keep(row, observed, this.parts.needs.sides(row.module))) return true;
    if (policyOf(row).checksReads || policyOf(row).shadowed) await this.noteOutage(at, observed);
    if (this.runner.waits) return false;
    const decision = decide(row, at, observed);
    this.askWhereNobodyAsks(decision, row, at, observed);
    this.moving = decision.kind !== 'rest' && decision.kind !== 'paused';
    return this.runner.run(decision, row, at, observed, this.standstill);
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
    this.runner.trouble = null;
    await this.parts.notes.write(
      row.module,
      { trouble: null, wait: null, gates: [] },
      this.parts.clock.now(),
    );
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
    this.runner.trouble = waits.home('no answer');
    return undefined;
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
}
