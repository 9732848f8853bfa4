import type { HandOff } from '../store/hand-off-plan.js';
import { handOff, handOffTo, settle, type HandOffEnd } from './hand-off.js';
import { drainProblems } from '../conditions/hand-off-problems.js';
import type { ControlledSides } from '../../sides/side.js';
import { beginCapture, endCapture } from './capture-step.js';
import type { Clock } from '../terms/clock.js';
import { takeEverything } from './failover-step.js';
import type { Transition } from '../store/module-row.js';
import { rejoinSides } from './rejoin-step.js';

/** How carrying out a step ended. `stuck`: it has to be taken up again, the step stays in the journal. */
export interface StepEnd {
  outcome: 'done' | 'aborted' | 'stuck';
  reason: string | null;
  figures: Record<string, unknown>;
}

/** What a step is run with. */
export interface StepOptions {
  clock: Clock;
  sides: ControlledSides;
  /** Begun by this very call; else it was found in the journal, and how far it came is not known. */
  fresh: boolean;
  /** How long buckets may be fenced before the hand-off is aborted, in ms. */
  drainMs: number;
  /** Whether an operator wants it taken back. */
  aborted: () => Promise<boolean>;
  /** Is told what it does now. */
  onStep: (what: string) => void;
}

const done = (figures: Record<string, unknown> = {}): StepEnd => ({ outcome: 'done', reason: null, figures });

/**
 * Carries out what a journalled step does on the sides. It may be run again after a crash at any point.
 * @throws when a side cannot be reached; the step stays in the journal and is taken up again.
 */
export async function carryOut(transition: Transition, options: StepOptions): Promise<StepEnd> {
  const { sides, onStep } = options;
  const { step } = transition;
  switch (step.kind) {
    case 'capture':
      return capture(options);
    case 'uncapture':
      onStep('stop capture');
      return done(await endCapture(sides, await epochOf(transition, sides)));
    case 'hand-off':
      return move(transition, options);
    case 'decommission':
      onStep('stop capture');
      await stopBoth(transition, sides);
      onStep('move the tables aside');
      await sides.monolith.retire({ purge: false, epoch: await epochOf(transition, sides) });
      return done();
    case 'rejoin':
      await rejoinSides(sides, { side: step.side, epoch: transition.epoch ?? 0 }, onStep);
      return done();
    case 'failover':
      onStep('take everything');
      await takeEverything(sides.monolith, transition.epoch ?? 0);
      return done();
    case 'phase':
    case 'reads':
      return done();
  }
}

async function capture({ sides, aborted, onStep }: StepOptions): Promise<StepEnd> {
  onStep('start capture');
  const figures = await beginCapture(sides);
  const { ownership } = await sides.monolith.state();
  if (!(await aborted())) return done(figures);
  onStep('stop capture');
  return {
    outcome: 'aborted',
    reason: 'aborted by the operator',
    figures: await endCapture(sides, ownership.epoch),
  };
}

/** What was journalled by a release that did not write it down has none. */
const epochOf = async ({ epoch }: Transition, { monolith }: StepOptions['sides']): Promise<number> =>
  epoch ?? (await monolith.state()).ownership.epoch;

async function stopBoth(transition: Transition, sides: StepOptions['sides']): Promise<void> {
  const epoch = await epochOf(transition, sides);
  await sides.monolith.stopCapture({ epoch });
  await sides.extracted.stopCapture({ epoch });
}

async function move({ handOff: plan }: Transition, options: StepOptions): Promise<StepEnd> {
  if (!plan) throw new Error('a hand-off without its plan is in the journal');
  const { sides, clock, drainMs, aborted, onStep } = options;
  const reason = 'it was interrupted; how far it had come was not known';
  const end = options.fresh
    ? await handOff(sides, plan, {
        clock,
        drainMs,
        onStep,
        givenUp: async () => ((await aborted()) ? 'aborted by the operator' : neverDrained(plan, sides)),
      })
    : await settle(sides, plan, { reason, onStep });
  return { outcome: end.outcome, reason: end.reason, figures: figuresOf(plan, end) };
}

/** What has come about after the gates had been looked at. */
async function neverDrained({ from }: HandOff, sides: StepOptions['sides']): Promise<string | undefined> {
  const problems = drainProblems(from, await sides[from].state());
  return problems.length > 0 ? `${problems.join('; ')}, which do not arrive` : undefined;
}

const figuresOf = (
  { from, to, epoch, oldBelow, newBelow }: ReturnType<typeof handOffTo>,
  { fencedMs }: HandOffEnd,
): Record<string, unknown> => ({ from, to, epoch, oldBelow, newBelow, fencedMs });
