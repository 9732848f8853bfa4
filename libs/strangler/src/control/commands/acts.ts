import { phases, type Phase } from '../../routes/phase.js';
import { awaitedApprovals } from '../conditions/approvals.js';
import { commandOf } from './commands.js';
import { subjectOf, typed, type Subject } from '../advice.js';
import { goalOf } from '../reconcile/decide.js';
import { blocking, gatesFor, gateSentence, isVerifyDue, speaking, type Gate } from '../conditions/gates.js';
import type { Observed } from '../conditions/observed.js';
import {
  abortable,
  requireAlive,
  requireCopy,
  requireIdle,
  requireUnheld,
  type Circumstances,
} from './legal.js';
import { after, inWords, nextStep, plan, rank, type Goal, type Step } from '../machine.js';
import type { ModuleRow, RowChange, Wanted } from '../store/module-row.js';
import { RefusedError, type Action } from '../operator.js';
import { rejoinFirst } from './rejoin-first.js';
import { settingKeys } from '../config/setting-keys.js';
import type { ModuleSettings } from '../config/settings.js';
import { settingsOf, type WrittenSettings } from '../config/written-settings.js';

/** Everything an action is judged by. */
export interface Situation extends Circumstances {
  observed: Observed;
  actor: string;
  /** What `strangler.yaml` wants of the module; null: it is not in the file. */
  wish: Pick<Wanted, 'phase' | 'percent'> | null;
  verifying: boolean;
}

/** An action that is legal: what it will do, and what to write down for it. */
export interface Accepted {
  plan: string[];
  change: RowChange;
  /** Whether it has only begun when it is answered. */
  begins: boolean;
  /** Where the module is once it is done; none: there is nothing to wait for. */
  goal?: Place;
  /** The file says it already, so that it happens whatever else has changed in the row. */
  filed?: true;
  /** Of a dry run: why it would be refused now. */
  refusal?: string;
}

/** A phase, and the share while shifting. */
export type Place = Pick<Wanted, 'phase' | 'percent'>;

type Verb = 'run' | 'advance' | 'approve' | 'shift' | 'pause' | 'resume' | 'abort' | 'rollback';
export type ControlPlane = Extract<Action, { verb: Verb }>;

/** Judges what moves a module. Pure. @throws {RefusedError} with the reason and with what would make it legal. */
export function steer(action: ControlPlane, situation: Situation): Accepted {
  const accepted = judge(action, situation);
  const first = leading.has(action.verb) ? rejoinFirst(situation) : undefined;
  return first === undefined ? accepted : { ...accepted, plan: [first, ...accepted.plan] };
}

/** What leads somewhere, and so waits for what has to come first. */
const leading: ReadonlySet<Verb> = new Set(['run', 'advance', 'shift', 'resume', 'rollback']);

function judge(action: ControlPlane, situation: Situation): Accepted {
  switch (action.verb) {
    case 'run':
      return run(situation, action.settings);
    case 'advance':
      return advance(situation);
    case 'approve':
      return approve(situation);
    case 'shift':
      return shift(situation, action.percent);
    case 'pause':
      return pause(situation);
    case 'resume':
      return resume(situation);
    case 'abort':
      return abort(situation);
    case 'rollback':
      return rollback(situation, action.to ?? 'monolith');
  }
}

const wants = ({ observed, actor }: Situation, phase: Phase, percent: number | null = null): Wanted => ({
  phase,
  percent,
  by: 'operator',
  actor,
  since: observed.now,
});

/** The way from here to there, in words. */
function wayOf({ row, at }: Circumstances, goal: Goal): string[] {
  const words: string[] = row.transition
    ? [`the step under way (${row.transition.step.kind}) is ended first`]
    : [];
  let position = at;
  for (const step of plan(at, goal)) {
    words.push(inWords(position, step));
    position = after(position, step);
  }
  return words;
}

function towards(situation: Situation, wanted: Wanted): Accepted {
  const row: ModuleRow = { ...situation.row, wanted };
  const change: RowChange = { wanted, paused: null, pauseReason: null, override: null };
  const { phase, percent } = wanted;
  return { plan: wayOf(situation, goalOf(row)), change, begins: true, goal: { phase, percent } };
}

function run(situation: Situation, written: WrittenSettings = {}): Accepted {
  const { row } = situation;
  requireAlive(situation);
  if (row.phase === 'extracted' && !row.transition && row.wanted.phase === 'extracted') {
    const subject = subjectOf(row, situation.advice);
    throw new RefusedError(
      `${row.module} is extracted already; go back: ${typed(subject, 'rollback')}; or end it: ${ending(subject)}`,
    );
  }
  requireUnheld(situation, commandOf(row.module, { verb: 'run', settings: written }));
  const settings = settingsOf(written, row.settings);
  const accepted = towards({ ...situation, row: { ...row, settings } }, wants(situation, 'extracted'));
  const how = Object.keys(written).length > 0 ? [inOtherWays(settings)] : [];
  const by = Object.fromEntries(settingKeys(written).map((key) => [key, `run by ${situation.actor}`]));
  const change = { ...accepted.change, settings, sources: { ...row.sources, ...by } };
  return { ...accepted, plan: [...how, ...accepted.plan], change };
}

const inOtherWays = ({ ramp, bakeMs, gates, ack }: ModuleSettings): string =>
  `from now on: ramp ${ramp.join(', ')} %, each step watched for ${bakeMs / 1_000} s, at least ${gates.minSamples} samples, ack ${ack}`;

/** One step further out: what only holds is overridden, what fails is not. */
function advance(situation: Situation): Accepted {
  const { row, at, observed } = situation;
  requireAlive(situation);
  requireIdle(situation);
  const subject = subjectOf(row, situation.advice);
  const out: Goal = { phase: 'extracted', percent: null, ramp: row.settings.ramp, direct: false };
  const step = nextStep(at, rank(row.wanted.phase) > rank(row.phase) ? goalOf(row) : out);
  if (!step || step.kind === 'decommission') {
    throw new RefusedError(`${row.module} is extracted; the one step further: ${ending(subject)}`);
  }
  const next = after(at, step);
  const goal: Place = { phase: next.phase, percent: percentOf(next.phase, next.percent) };
  // To open the gate of a step that is wanted anyway does not go against the file.
  const farther = row.paused === null && leadsTo(row.wanted, goal);
  if (!farther) requireUnheld(situation, commandOf(row.module, { verb: 'advance' }));
  const gates = gatesFor(at, step, observed, row.settings);
  const held = overridable(gates, subject);
  const wanted = farther ? row.wanted : wants(situation, goal.phase, goal.percent);
  const words = [
    ...held.map((name) => `the gate "${name}", which has too little data, is overridden`),
    ...(gates.some(isVerifyDue) ? ['compare all rows of both sides first'] : []),
  ];
  const override = held.length > 0 ? { gates: held, actor: situation.actor } : null;
  return {
    plan: [...words, inWords(at, step)],
    change: { wanted, override, paused: null, pauseReason: null },
    begins: true,
    goal,
  };
}

/** Whether the way to what is wanted leads through a place, or to it. */
const leadsTo = (wanted: Place, { phase, percent }: Place): boolean =>
  wanted.phase === phase ? (wanted.percent ?? 100) >= (percent ?? 0) : rank(wanted.phase) > rank(phase);

/** A person lets the next step go to its share. The file asks for this, so it is no move against the file. */
function approve(situation: Situation): Accepted {
  const { row, at, observed, actor } = situation;
  requireAlive(situation);
  const step = row.transition ? undefined : nextStep(at, goalOf(row));
  const shares = step ? awaitedApprovals(at, step, row.settings.approve) : [];
  const open = shares.filter((share) => !row.approved.some(({ percent }) => percent === share));
  if (!step || open.length === 0) throw new RefusedError(nothingToApprove(situation));
  const next = after(at, step);
  return {
    plan: [
      `the step to ${next.percent} % is approved; it begins when the other gates let it`,
      inWords(at, step),
    ],
    change: { approved: [...row.approved, ...open.map((percent) => ({ percent, actor, at: observed.now }))] },
    begins: false,
    goal: { phase: next.phase, percent: percentOf(next.phase, next.percent) },
  };
}

function nothingToApprove({ row: { module, settings } }: Situation): string {
  const asked =
    settings.approve.length === 0
      ? 'its settings ask for no approval (approve: [100])'
      : `its settings ask before ${settings.approve.join(', ')} %, and its next step does not lead there`;
  return `no step of ${module} waits for an approval: ${asked}`;
}

const percentOf = (phase: Phase, percent: number): number | null => (phase === 'shifting' ? percent : null);

/** The gates that have to be overridden. @throws {RefusedError} when one cannot be. A verify that has not been is run first. */
function overridable(gates: readonly Gate[], subject: Subject): string[] {
  const firm = blocking(
    gates,
    gates.map(({ name }) => name),
  );
  const worst = speaking(firm.filter((gate) => !isVerifyDue(gate)));
  if (worst)
    throw new RefusedError(`the gate "${worst.name}" cannot be overridden: ${gateSentence(worst, subject)}`);
  return blocking(gates, []).flatMap((gate) => (isVerifyDue(gate) ? [] : [gate.name]));
}

function shift(situation: Situation, percent: number): Accepted {
  const { row, at } = situation;
  requireAlive(situation);
  requireCopy(situation, 'shift');
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
    throw new RefusedError(`${percent} is no share: a whole number from 0 to 100 is`);
  }
  const there = row.phase === 'shifting' && at.percent === percent && !row.transition;
  if (there && row.wanted.phase === 'shifting' && row.wanted.percent === percent) {
    throw new RefusedError(`${row.module} is at ${percent} % already`);
  }
  requireUnheld(situation, commandOf(row.module, { verb: 'shift', percent }));
  return towards(situation, wants(situation, 'shifting', percent));
}

function pause({ row, actor, advice }: Situation): Accepted {
  const goOn = typed(subjectOf(row, advice), 'resume');
  if (row.paused === 'all') throw new RefusedError(`${row.module} is paused already; let it go on: ${goOn}`);
  const under = row.transition ? ['the step under way is ended'] : [];
  return {
    plan: [...under, `no other step begins until: ${goOn}`],
    change: { paused: 'all', pauseReason: `by ${actor}` },
    begins: false,
  };
}

function resume(situation: Situation): Accepted {
  const { row, wish, observed } = situation;
  const subject = subjectOf(row, situation.advice);
  if (row.paused === null) throw new RefusedError(`${row.module} is not paused`);
  const wanted: Wanted = wish
    ? { ...wish, by: 'file', actor: situation.held ?? 'file', since: observed.now }
    : row.wanted;
  const way = wayOf(situation, goalOf({ ...row, wanted }));
  return {
    plan: way.length > 0 ? way : [`it stays where it is: nothing else is wanted; ${onward(subject, row)}`],
    change: { wanted, paused: null, pauseReason: null },
    begins: false,
    goal: { phase: wanted.phase, percent: wanted.percent },
  };
}

/** What moves a module that stays where it is. */
const onward = (subject: Subject, { phase }: ModuleRow): string =>
  phase === 'extracted' ? `move it back: ${typed(subject, 'rollback')}` : `move it: ${typed(subject, 'run')}`;

/** The command that ends a module's move for good. */
const ending = (subject: Subject): string => typed(subject, 'decommission', `--confirm ${subject.module}`);

/** Takes back what is under way, and stays in the last phase in which it rested. */
function abort(situation: Situation): Accepted {
  const { row, at, verifying, held } = situation;
  const { transition } = row;
  requireAlive(situation);
  if (transition && !abortable.has(transition.step.kind)) {
    throw new RefusedError(
      `the step under way (${transition.step.kind}) can only be ended, not taken back; wait for it`,
    );
  }
  const place = wants(situation, row.phase, percentOf(row.phase, at.percent));
  const idle = nextStep(at, goalOf(row)) === undefined;
  if (!transition && idle && !verifying) throw new RefusedError(`nothing is under way in ${row.module}`);
  const words = transition ? [takenBack(transition.step)] : [];
  if (verifying) words.push('verify is stopped');
  const file = held
    ? { paused: 'all' as const, pauseReason: `aborted by ${situation.actor}`, wanted: row.wanted }
    : {};
  return {
    goal: { phase: place.phase, percent: place.percent },
    plan: [...words, `${row.module} stays in phase ${row.phase}`],
    change: { wanted: place, override: null, ...abortOf(row), ...file },
    begins: true,
  };
}

const takenBack = ({ kind }: { kind: Step['kind'] | 'failover' | 'rejoin' }): string =>
  kind === 'capture'
    ? 'capture is stopped on both sides'
    : 'the hand-off is taken back; if the new owner owns already, it is ended instead';

const abortOf = ({ transition }: ModuleRow): RowChange =>
  transition ? { transition: { ...transition, aborted: true } } : {};

function nowhereBack({ row, advice }: Situation, to: Phase): string {
  const { module, phase } = row;
  const earlier = phases.slice(0, Math.min(rank(phase), restingBelow.size));
  const back = typed(subjectOf(row, advice), 'rollback', `--to ${earlier.at(-1)}`);
  const where =
    earlier.length === 0
      ? 'there is nothing to go back to'
      : `to ${earlier.join(', ')} one goes back: ${back}`;
  return `${module} is in phase ${phase}${phase === to ? ' already' : ''}; ${where}`;
}

function startIt({ row: { module }, advice }: Situation): string {
  const command = advice.start(module);
  return command === null ? 'start it' : `start it: ${command}`;
}

const restingBelow = new Set<Phase>(['monolith', 'dual-write', 'shadow']);

function rollback(situation: Situation, to: Phase): Accepted {
  const { row, at, observed } = situation;
  requireAlive(situation);
  if (!restingBelow.has(to)) {
    throw new RefusedError(
      `rollback leads to ${[...restingBelow].join(', ')}; for a smaller share use shift`,
    );
  }
  const further = row.transition !== null || rank(row.wanted.phase) > rank(to);
  if (rank(to) >= rank(row.phase) && !(rank(to) === rank(row.phase) && further)) {
    throw new RefusedError(nowhereBack(situation, to));
  }
  if (at.below > 0 && observed.states.extracted === null) {
    throw new RefusedError(
      `${at.below / 100} % of ${row.module} belong to the extracted side, which cannot be asked: its latest writes are only there; ${startIt(situation)}, or if it is gone for good: ${typed(subjectOf(row, situation.advice), 'failover', '--i-have-fenced-it')}`,
    );
  }
  requireUnheld(situation, commandOf(row.module, { verb: 'rollback', to }));
  return towards(situation, wants(situation, to));
}
