import { buckets } from '../../routes/bucket.js';
import { phases, policies, type Phase } from '../../routes/phase.js';

/** Where a module is. */
export interface Position {
  module: string;
  ownership: 'by-key' | 'whole';
  phase: Phase;
  /** The share reached while shifting: of the buckets, or (`whole`) of the reads. */
  percent: number;
  /** Buckets below belong to `extracted`. */
  below: number;
}

/** Where a module is to go, and how. */
export interface Goal {
  phase: Phase;
  /** Only for `shifting`. */
  percent: number | null;
  /** Shares in between, in percent. */
  ramp: readonly number[];
  /** Straight to the share, without those in between: an operator who names one means it. */
  direct: boolean;
}

/** One step; between two of them a module may rest. */
export type Step =
  | { kind: 'capture' }
  | { kind: 'uncapture' }
  | { kind: 'phase'; to: Phase; percent: number }
  | { kind: 'hand-off'; below: number; percent: number }
  | { kind: 'reads'; percent: number }
  | { kind: 'decommission' };

/** How far out a phase is; for comparing two of them. */
export const rank = (phase: Phase): number => phases.indexOf(phase);

/** How far it is from one phase to another: 0: there; above: further out. */
const distance = (from: Phase, to: Phase): number => rank(to) - rank(from);

const to = (phase: Phase, percent: number): Step => ({ kind: 'phase', to: phase, percent });

/** The moves out of each phase, and back. */
const moves: Readonly<Record<Phase, { out?: Step; back?: Step }>> = {
  monolith: { out: { kind: 'capture' } },
  'dual-write': { out: to('shadow', 0), back: { kind: 'uncapture' } },
  shadow: { out: to('shifting', 0), back: to('dual-write', 0) },
  shifting: { out: to('extracted', 100), back: to('shadow', 0) },
  extracted: { out: { kind: 'decommission' }, back: to('shifting', 100) },
  decommissioned: {},
};

/** The next step from where a module is to where it is to go; undefined: it is there. */
export function nextStep(at: Position, goal: Goal): Step | undefined {
  const share = policies[at.phase].byShare ? towardsShare(at, goal) : undefined;
  if (share) return share;
  const way = distance(at.phase, goal.phase);
  const { out, back } = moves[at.phase];
  return way === 0 ? undefined : way > 0 ? out : back;
}

function towardsShare(at: Position, goal: Goal): Step | undefined {
  const share = shareOf(at, goal);
  return at.ownership === 'whole' ? shiftWhole(at, goal, share) : shiftByKey(at, goal, share);
}

/** The share to reach while shifting, in percent. */
function shareOf(at: Position, { phase, percent }: Goal): number {
  const way = distance(at.phase, phase);
  if (way === 0) return percent ?? 0;
  return way < 0 ? 0 : 100;
}

function shiftByKey({ below }: Position, goal: Goal, share: number): Step | undefined {
  const percent = (below * 100) / buckets;
  const next = percent < share ? rampUp(percent, goal, share) : share;
  return next === percent ? undefined : handOff(next);
}

/** Reads follow the ramp; the buckets are one, and go last, or come back first. */
function shiftWhole({ phase, below, percent }: Position, goal: Goal, share: number): Step | undefined {
  const owned = below > 0;
  if (owned && share < 100) return { kind: 'hand-off', below: 0, percent: share };
  if (percent > share) return { kind: 'reads', percent: share };
  if (percent < share) return { kind: 'reads', percent: rampUp(percent, goal, share) };
  return distance(phase, goal.phase) > 0 && !owned ? handOff(100) : undefined;
}

const handOff = (percent: number): Step => ({ kind: 'hand-off', below: (percent * buckets) / 100, percent });

function rampUp(percent: number, { ramp, direct }: Goal, share: number): number {
  const between = direct ? [] : ramp.filter((step) => step > percent && step < share);
  return Math.min(share, ...between);
}

/** Where a module is once the step is done. */
export function after(at: Position, step: Step): Position {
  switch (step.kind) {
    case 'capture':
      return { ...at, phase: 'dual-write', percent: 0 };
    case 'uncapture':
      return { ...at, phase: 'monolith', percent: 0 };
    case 'phase':
      return { ...at, phase: step.to, percent: step.percent };
    case 'hand-off':
      return { ...at, below: step.below, percent: step.percent };
    case 'reads':
      return { ...at, percent: step.percent };
    case 'decommission':
      return { ...at, phase: 'decommissioned' };
  }
}

/** Whether the step leads further out. Those that lead back wait for nothing but what makes them safe. */
export function leadsOut(at: Position, step: Step): boolean {
  const next = after(at, step);
  return rank(next.phase) > rank(at.phase) || next.percent > at.percent || next.below > at.below;
}

/** All steps from where a module is to where it is to go. */
export function planSteps(at: Position, goal: Goal): Step[] {
  const steps: Step[] = [];
  let position = at;
  for (let step = nextStep(position, goal); step; step = nextStep(position, goal)) {
    steps.push(step);
    position = after(position, step);
  }
  return steps;
}

/** A step in words. */
export function inWords(at: Position, step: Step): string {
  switch (step.kind) {
    case 'capture':
      return 'monolith -> dual-write: check both sides, capture changes on extracted, then on monolith, copy the rows that are there';
    case 'uncapture':
      return 'dual-write -> monolith: stop capture on both sides';
    case 'phase':
      return `${at.phase} -> ${step.to}${phaseWords[step.to]}`;
    case 'hand-off':
      return handOffWords(at, step.below);
    case 'reads':
      return `extracted answers ${step.percent} % of the reads that may be behind`;
    case 'decommission':
      return 'extracted -> decommissioned: verify, stop capture, move the tables of the monolith aside';
  }
}

const phaseWords: Readonly<Record<Phase, string>> = {
  monolith: '',
  'dual-write': ': no more shadow reads',
  shadow: ': queries are asked of both sides and compared',
  shifting: ': each key is served by the side that owns it',
  extracted: ': everything runs there; the monolith keeps a copy',
  decommissioned: '',
};

function handOffWords({ ownership, below }: Position, next: number): string {
  const way = next > below ? 'monolith to extracted' : 'extracted to monolith';
  if (ownership === 'whole') return `hand everything over from ${way}`;
  return `hand ${Math.abs(next - below) / 100} % of the keys over from ${way}: then ${next / 100} % belong to extracted`;
}
