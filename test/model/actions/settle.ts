import type { Turn } from '../action.js';
import { proven } from '../ownership.js';
import { overlap } from '../proof.js';
import type { Scenario } from '../scenario.js';
import {
  buckets,
  nameOf,
  other,
  sides,
  stages,
  type Database,
  type HandOff,
  type Side,
  type Stage,
  type State,
} from '../state.js';
import { sawEpoch } from '../witness.js';

export const to = (plan: HandOff): Side => other(plan.from as Side);
export const owns = (database: Database, { newBelow }: HandOff): boolean => database.below === newBelow;
export const stage = (name: Stage): number => stages.indexOf(name);
/** No border: the plan of a repair, in which nothing moves. */
const none = buckets + 1;

const provenHere = (next: State, side: Side, { rules }: Scenario): boolean =>
  !rules.restartProof ||
  (next.databases[side].provenStart === next.starts[side] &&
    !(rules.commandByPeer && next.databases[side].byWitness));

/** Nobody knows how far it came: reads where things stand, and goes on or takes it back, `to` first. */
export function settles({ scenario, can }: Turn, plan: HandOff): void {
  const from = plan.from as Side;
  can(
    'settle',
    {},
    () => `The controller settles: it asks ${nameOf(to(plan))} where it stands.`,
    (next) => {
      const taker = next.databases[to(plan)];
      const giver = next.databases[from];
      if (taker.standing !== 0 || giver.standing !== 0)
        return end(next, 'nothing to settle: a side is marked');
      if (!provenHere(next, to(plan), scenario)) return null;
      if (owns(taker, plan)) return forward(next, plan, scenario);
      return back(next, plan, scenario);
    },
  );
}

export function end(next: State, outcome: string): string {
  next.journal = null;
  return outcome;
}

function forward(next: State, plan: HandOff, { rules }: Scenario): string {
  const taker = next.databases[to(plan)];
  const giver = next.databases[plan.from];
  const known = taker.epoch === plan.epoch + 1 || (rules.settleReads && taker.epoch === giver!.epoch);
  if (!known) return end(next, 'nothing to settle: that was another hand-off');
  Object.assign(next.journal!, {
    stage: stage('release'),
    epoch: taker.epoch - 1,
    toStart: next.starts[to(plan)],
  });
  return 'it owns: forward';
}

function back(next: State, plan: HandOff, scenario: Scenario): string | null {
  const taker = next.databases[to(plan)];
  const { epoch } = plan;
  if (scenario.rules.settleReads) {
    if (taker.epoch < epoch + 2) taker.epoch = epoch + 2;
    taker.fence = 0;
  } else if (taker.epoch === epoch) Object.assign(taker, { epoch: epoch + 2, fence: 0 });
  else if (taker.epoch > epoch + 2) return end(next, 'nothing to settle: that was another hand-off');
  else if (taker.epoch !== epoch + 2) return null;
  sawEpoch(next, to(plan), scenario);
  next.journal!.stage = stage('free');
  return 'it does not own, and refuses from now on';
}

export function frees({ scenario, can }: Turn, plan: HandOff): void {
  const from = plan.from as Side;
  can(
    'free',
    {},
    () => `The controller lifts the fence of ${nameOf(from)}.`,
    (next) => {
      const giver = next.databases[from];
      const taker = next.databases[to(plan)];
      if (giver.standing !== 0 || taker.standing !== 0) return end(next, 'a side is marked');
      if (owns(giver, plan) || owns(taker, plan)) return end(next, 'it has moved after all');
      if (!provenHere(next, from, scenario)) return null;
      if (!scenario.rules.settleReads) {
        if (giver.epoch <= plan.epoch + 1) Object.assign(giver, { epoch: plan.epoch + 2, fence: 0 });
        return end(next, 'lifted');
      }
      if (!provenHere(next, to(plan), scenario)) return null;
      giver.epoch = taker.epoch = Math.max(giver.epoch, taker.epoch, plan.epoch + 2);
      giver.fence = taker.fence = 0;
      for (const side of sides) sawEpoch(next, side, scenario);
      return end(next, 'lifted');
    },
  );
}

/** `doctor --repair`: nothing is under way, yet a fence or the epochs differ, or the border. */
export function repairs({ state, scenario, can }: Turn): void {
  const { rules } = scenario;
  const [monolith, extracted] = state.databases;
  if (state.databases.some(({ standing }) => standing !== 0)) return;
  if (!proven(state, 0, rules) || !proven(state, 1, rules)) return;
  if (monolith.below === extracted.below) {
    if (monolith.epoch === extracted.epoch && !monolith.fence && !extracted.fence) return;
    return can(
      'repair',
      {},
      () => 'An operator lets `doctor` settle what has no journal.',
      (next) => {
        const from: Side = extracted.fence ? 1 : 0;
        const epoch = Math.max(monolith.epoch, extracted.epoch) - 1;
        next.journal = {
          from,
          epoch,
          oldBelow: monolith.below,
          newBelow: none,
          stage: stage('settle'),
          fromStart: next.starts[from],
          toStart: next.starts[other(from)],
          after: 0,
          life: 0,
        };
        return 'settling';
      },
    );
  }
  for (const owner of sides) {
    const mine = state.databases[owner];
    const his = state.databases[other(owner)];
    const both = overlap(mine, his, owner);
    if (both === 0 || (both & mine.fence) !== 0 || (both & ~his.fence) !== 0 || mine.epoch < his.epoch)
      continue;
    can(
      'repair',
      { side: other(owner) },
      () => `An operator lets \`doctor\` tell ${nameOf(other(owner))} who owns.`,
      (next) => {
        Object.assign(next.databases[other(owner)], { epoch: mine.epoch, below: mine.below, fence: 0 });
        sawEpoch(next, other(owner), scenario);
        return 'released';
      },
    );
  }
}
