import { randomUUID } from 'node:crypto';
import { reachedBy } from '../../engine/continuity/take-over.js';
import type { HandOff } from '../store/hand-off-plan.js';
import type { Clock } from '../terms/clock.js';
import { figuresOfGate, type Gate } from '../conditions/gates.js';
import type { NewEntry } from '../store/history.js';
import { after, inWords, leadsOut, type Position, type Step } from '../terms/machine.js';
import type { ModuleRow, RowChange, Transition } from '../store/module-row.js';
import type { ModuleStore } from '../store/module-store.js';
import type { StepEnd } from '../steps/step-runner.js';
import { otherSide, type Phase, type Side } from '../../routes/phase.js';

/** A step that is about to begin, and what it was decided by. */
export interface Beginning {
  row: ModuleRow;
  at: Position;
  step: Step;
  gates: readonly Gate[];
  /** At which both sides are. */
  epoch: number;
  handOff: HandOff | undefined;
}

const figuresOf = (gates: readonly Gate[]): Record<string, unknown> =>
  Object.fromEntries(gates.map((gate) => [gate.name, figuresOfGate(gate)]));

/** Steps that change nothing on the sides: they are done once they are written. */
const isInstant = ({ kind }: Step): boolean => kind === 'phase' || kind === 'reads';

/** Writes down what is begun and how it ended: the row and its history, in one transaction. */
export class Journal {
  constructor(
    private readonly store: ModuleStore,
    private readonly clock: Clock,
  ) {}

  /**
   * Journals a step before it acts; one that has nothing to do is done at once. Undefined: the row has changed since it
   * was read, so the decision is void.
   */
  begin(beginning: Beginning): Promise<ModuleRow | undefined> {
    const { row, at, step, gates } = beginning;
    const figures = { ...figuresOf(gates), ...(row.override ? { overriddenBy: row.override } : {}) };
    if (isInstant(step)) {
      return this.store.change(
        row,
        this.done(row, at, step),
        entry(row, at, step, { outcome: 'done', figures }),
      );
    }
    const transition = this.transition(beginning);
    const begun = entry(row, at, step, { outcome: 'begun', reason: inWords(at, step), figures });
    return this.store.change(row, { transition, override: null }, begun);
  }

  private transition({ row, step, epoch, handOff }: Beginning): Transition {
    const transition = { id: randomUUID(), step, actor: row.wanted.actor, begun: this.clock.now(), epoch };
    return handOff ? { ...transition, handOff } : transition;
  }

  /** Writes down how the step ended, whatever else has changed meanwhile. Nothing happens when somebody else has. */
  end(
    at: Position,
    transition: Transition,
    { outcome, reason, figures }: StepEnd,
  ): Promise<ModuleRow | undefined> {
    return this.store.amend(at.module, (row) => {
      if (row.transition?.id !== transition.id) return undefined;
      const { step } = transition;
      const ms = this.clock.now() - transition.begun;
      if (step.kind === 'failover')
        return { change: this.home(), entries: [failedOver(row, transition, ms)] };
      if (step.kind === 'rejoin')
        return { change: this.joined(step.side), entries: [rejoined(row, transition, step.side, ms)] };
      const change: RowChange = outcome === 'done' ? this.done(row, at, step) : { transition: null };
      const line = {
        outcome: outcome === 'done' ? 'done' : 'aborted',
        reason,
        figures: { ...figures, ms },
      } as const;
      return { change, entries: [entry(row, at, step, line)] };
    });
  }

  private done(row: ModuleRow, at: Position, step: Step): RowChange {
    const now = this.clock.now();
    const { phase, percent } = after(at, step);
    // What was approved for a way out is not approved for the next one.
    const approved = leadsOut(at, step)
      ? row.approved
      : row.approved.filter((each) => each.percent <= percent);
    const moved = phase === at.phase ? {} : { phaseSince: now };
    // Begun anew, there is nothing left of a side that was once given up.
    const found = step.kind === 'capture' ? { lost: null } : {};
    return { phase, percent, stepSince: now, transition: null, override: null, approved, ...moved, ...found };
  }

  private home(): RowChange {
    return this.restingIn('monolith', 0);
  }

  /** Where the module stands once the side that was put back is the copy. */
  private joined(side: Side): RowChange {
    return side === 'monolith' ? this.restingIn('extracted', 100) : this.restingIn('dual-write', 0);
  }

  private restingIn(phase: Phase, percent: number): RowChange {
    const now = this.clock.now();
    return {
      phase,
      percent,
      phaseSince: now,
      stepSince: now,
      transition: null,
      override: null,
      approved: [],
    };
  }
}

function entry(
  { module, wanted, phase }: ModuleRow,
  at: Position,
  step: Step,
  line: Pick<NewEntry, 'outcome' | 'reason' | 'figures'>,
): NewEntry {
  return {
    module,
    actor: wanted.actor,
    action: nameOf(step),
    from: phase,
    to: after(at, step).phase,
    ...line,
  };
}

const nameOf = (step: Step): string => {
  if (step.kind === 'hand-off' || step.kind === 'reads') return `${step.kind} to ${step.percent} %`;
  return step.kind;
};

const failedOver = ({ module, phase }: ModuleRow, { actor, epoch }: Transition, ms: number): NewEntry => ({
  module,
  actor,
  action: 'failover',
  from: phase,
  to: 'monolith',
  outcome: 'done',
  reason: 'the monolith owns everything at an epoch that the other side cannot reach',
  figures: { epoch: reachedBy(epoch ?? 0), ms },
});

const rejoined = (
  { module, phase }: ModuleRow,
  { actor, epoch }: Transition,
  side: Side,
  ms: number,
): NewEntry => ({
  module,
  actor,
  action: 'rejoin',
  from: phase,
  to: side === 'monolith' ? 'extracted' : 'dual-write',
  outcome: 'done',
  reason: `${otherSide(side)} owns everything and fills the copy anew; ${side}, which was put back, is that copy`,
  figures: { epoch: epoch ?? 0, ms },
});
