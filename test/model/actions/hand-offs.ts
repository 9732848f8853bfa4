import type { Turn } from '../action.js';
import { moved, owned, ownedBelow, proven } from '../ownership.js';
import type { Scenario } from '../scenario.js';
import {
  commands,
  nameOf,
  other,
  stages,
  type Database,
  type HandOff,
  type Side,
  type Stage,
  type State,
} from '../state.js';
import { sawEpoch } from '../witness.js';
import { end, frees, owns, repairs, settles, stage, to } from './settle.js';

type Command = (typeof commands)[number];

/** What the controller does: it moves borders, and ends what was begun. */
export function handOffs(turn: Turn): void {
  const { state } = turn;
  if (!state.databases.every(({ paired }) => paired)) {
    if (state.journal)
      turn.can(
        'settle',
        {},
        () => 'The controller finds a side that knows of no pairing.',
        (next) => end(next, 'nothing to settle: that side was put back'),
      );
    return;
  }
  if (state.journal) carryOut(turn, state.journal);
  else {
    begins(turn);
    repairs(turn);
  }
  lateCommands(turn);
}

function begins({ state, scenario: { rules, borders }, can }: Turn): void {
  if (!state.left.handOff) return;
  const [monolith, extracted] = state.databases;
  const { below, epoch } = monolith;
  if (below !== extracted.below || epoch !== extracted.epoch) return;
  if (state.databases.some(({ fence, standing }) => fence !== 0 || standing !== 0)) return;
  if (!proven(state, 0, rules) || !proven(state, 1, rules)) return;
  for (const border of borders) {
    if (border === below) continue;
    const from: Side = border > below ? 0 : 1;
    const giver = state.databases[from];
    const taker = state.databases[other(from)];
    if (giver.backfill + taker.backfill !== 0 || (rules.lives && taker.appliedLife !== giver.life)) continue;
    if (rules.degradedHolds && giver.degraded) continue;
    can(
      'begin hand-off',
      { border },
      () => `The controller begins to move the border from ${below} to ${border}: ${nameOf(from)} gives.`,
      (next) => {
        next.left.handOff--;
        next.journal = {
          from,
          epoch,
          oldBelow: below,
          newBelow: border,
          stage: stage('fence'),
          fromStart: next.starts[from],
          toStart: next.starts[other(from)],
          after: 0,
          life: giver.life,
        };
        return 'journalled';
      },
    );
  }
}

const range = ({ oldBelow, newBelow }: HandOff): number => moved(oldBelow, newBelow);

function carryOut(turn: Turn, plan: HandOff): void {
  switch (stages[plan.stage]) {
    case 'fence':
      return sendsCommand(turn, plan, 'fence', 'drain');
    case 'drain':
      return drains(turn, plan);
    case 'own':
      return sendsCommand(turn, plan, 'own', 'release');
    case 'release':
      return releases(turn, plan);
    case 'settle':
      return settles(turn, plan);
    default:
      return frees(turn, plan);
  }
}

const target = (command: Command, plan: HandOff): Side =>
  command === 'own' ? to(plan) : (plan.from as Side);

function sendsCommand(
  { state, scenario, can, fault }: Turn,
  plan: HandOff,
  command: Command,
  then: Stage,
): void {
  const side = target(command, plan);
  const name = nameOf(side);
  can(
    command,
    { side },
    () => `The controller sends \`${command}\` to ${name}.`,
    (next) => {
      const outcome = execute(next, command, plan, scenario);
      next.journal!.stage = stage(outcome === 'done' ? then : 'settle');
      return outcome;
    },
  );
  if (!state.left.late) return;
  fault(
    command,
    { side, lost: true },
    () => `The controller sends \`${command}\` to ${name}; the answer is lost.`,
    (next) => {
      next.left.late--;
      next.journal!.stage = stage('settle');
      return `${execute(next, command, plan, scenario)}, unknown`;
    },
  );
  fault(
    command,
    { side, late: true },
    () => `The controller sends \`${command}\` to ${name}; it is late, and the controller gives it up.`,
    (next) => {
      next.left.late--;
      next.journal!.stage = stage('settle');
      next.late.push({ command: commands.indexOf(command), side, plan: { ...plan, stage: 0 } });
      return 'late';
    },
  );
}

/** A command at its side: a compare-and-set on the epoch, on the starts, on the standing. */
function execute(next: State, command: Command, plan: HandOff, scenario: Scenario): string {
  const { rules } = scenario;
  const side = target(command, plan);
  const mine = next.databases[side];
  const planned = command === 'own' ? plan.toStart : plan.fromStart;
  if (mine.standing !== 0) return 'refused: marked';
  if (command !== 'release' && rules.commandByStart && next.starts[side] !== planned)
    return 'refused: another start';
  if (rules.commandByStart && !proven(next, side, rules)) return 'refused: unproven';
  if (rules.commandByPeer && mine.byWitness) return 'refused: its peer has not been asked';
  const outcome = { fence, own, release }[command](mine, plan, scenario, side);
  if (outcome === 'done') sawEpoch(next, side, scenario);
  return outcome;
}

function fence(mine: Database, plan: HandOff, _: Scenario, side: Side): string {
  if (mine.epoch !== plan.epoch || mine.fence !== 0) return 'refused: another epoch';
  if ((range(plan) & ~owned(mine, side)) !== 0) return 'refused: not its buckets';
  mine.epoch++;
  mine.fence = range(plan);
  return 'done';
}

function own(mine: Database, plan: HandOff, { rules }: Scenario): string {
  if (mine.epoch !== plan.epoch) return 'refused: another epoch';
  if (rules.commandByStart && mine.peerStart !== plan.fromStart) return 'refused: the peer has restarted';
  if (rules.ownAfter && mine.applied < plan.after) return 'refused: the copy lacks what was confirmed';
  if (rules.ownAfter && rules.lives && mine.appliedLife !== plan.life) return 'refused: another life';
  Object.assign(mine, { epoch: mine.epoch + 1, below: plan.newBelow, fence: 0 });
  return 'done';
}

function release(mine: Database, plan: HandOff, { rules }: Scenario, side: Side): string {
  if (mine.epoch !== plan.epoch + 1) return 'refused: another epoch';
  if (rules.releaseByStart && rules.commandByStart && mine.peerStart !== plan.toStart)
    return 'refused: the new owner has restarted';
  mine.below = plan.newBelow;
  mine.fence = 0;
  mine.backfill &= ownedBelow(side, plan.newBelow);
  return 'done';
}

function drains({ state, scenario: { rules }, can }: Turn, plan: HandOff): void {
  const from = plan.from as Side;
  const mine = state.databases[from];
  const goTo = (name: Stage, outcome: string) => (next: State) => {
    next.journal!.stage = stage(name);
    next.journal!.after = name === 'own' ? next.databases[from].confirmed : 0;
    if (name === 'own' && !rules.planLife) next.journal!.life = next.databases[from].life;
    return outcome;
  };
  const say = () => `The controller asks ${nameOf(from)} whether the moving rows have left its outbox.`;
  const left = mine.outbox.some((row) => {
    if (row.parked && !rules.parkedHolds) return false;
    const keys = rules.drainOverlap ? row.keys : row.keys & -row.keys;
    return (keys & range(plan)) !== 0;
  });
  if (rules.commandByStart && state.starts[from] !== plan.fromStart)
    can('drain', { side: from }, say, goTo('settle', 'it has restarted'));
  else if (rules.lives && rules.planLife && mine.life !== plan.life)
    can('drain', { side: from }, say, goTo('settle', 'it has begun another life'));
  else if (!left) can('drain', { side: from }, say, goTo('own', 'drained'));
  can('give up', {}, () => 'The controller gives up waiting.', goTo('settle', 'to be settled'));
}

function releases({ scenario, can }: Turn, plan: HandOff): void {
  const from = plan.from as Side;
  can(
    'release',
    { side: from },
    () => `The controller sends \`release\` to ${nameOf(from)}.`,
    (next) => {
      const mine = next.databases[from];
      const outcome = execute(next, 'release', plan, scenario);
      const over = mine.epoch !== plan.epoch + 1 || mine.standing !== 0 || owns(mine, plan);
      if (outcome === 'done' || over) next.journal = null;
      else if (scenario.rules.releaseByStart && next.starts[to(plan)] !== plan.toStart)
        next.journal!.stage = stage('settle');
      else return null;
      return outcome;
    },
  );
}

function lateCommands({ state, scenario, can }: Turn): void {
  state.late.forEach(({ command, side, plan }, index) =>
    can(
      'late command',
      { side: side as Side, index },
      () => `A late \`${commands[command]!}\` arrives at ${nameOf(side as Side)}.`,
      (next) => {
        next.late.splice(index, 1);
        return execute(next, commands[command]!, plan, scenario);
      },
    ),
  );
}
