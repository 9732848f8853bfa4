import type { Turn } from '../action.js';
import { beginLife, endSessions, forgetOutgoing, ownedBelow, proven } from '../ownership.js';
import {
  acknowledged,
  all,
  answeredBefore,
  buckets,
  givenUp,
  nameOf,
  other,
  rolledBack,
  sides,
  termOf,
  type Database,
  type Side,
  type State,
} from '../state.js';
import { reporting } from '../report-rows.js';
import { newStart } from '../state-codec.js';
import { beginsAnew, sawEpoch } from '../witness.js';

/** What operators do: pair, rejoin, fail over. */
export function verbs(turn: Turn): void {
  for (const side of sides) {
    givesUp(turn, side);
    takesOver(turn, side);
    failsOver(turn, side);
  }
  pairs(turn);
}

/** The border at which a side owns everything. */
const everything = (side: Side): number => (side === 1 ? buckets : 0);

/** The first step of `rejoin`. Only a peer that holds all of the copy can take over. */
function givesUp({ state, scenario, can }: Turn, side: Side): void {
  const { rules } = scenario;
  const mine = state.databases[side];
  if (mine.standing !== rolledBack || state.journal) return;
  const his = state.databases[other(side)];
  if (rules.rejoinComplete && !wholeCopy(state, other(side))) return;
  can(
    'rejoin',
    { side },
    () => `An operator runs \`rejoin\`: ${nameOf(side)} gives up at a new epoch.`,
    (next) => {
      const database = next.databases[side];
      database.epoch = Math.max(database.epoch, his.epoch) + 1;
      database.standing = rules.twoSteps ? givenUp : 0;
      if (!rules.twoSteps) {
        Object.assign(database, { below: everything(other(side)), fence: 0, paired: 1 });
        database.provenStart = next.starts[side];
        forgetOutgoing(database, next.databases[other(side)]);
        Object.assign(database, { appliedLife: -1, complete: 0 });
        next.databases[other(side)].peerStart = next.starts[side];
      }
      sawEpoch(next, side, scenario);
      return 'marked as given up';
    },
  );
}

/** It holds what it does not own: the filling has arrived, and there is no gap. */
function wholeCopy(state: State, side: Side): boolean {
  const { complete, appliedLife, below } = state.databases[side];
  return ownedBelow(side, below) === all || (complete === 1 && appliedLife >= 0);
}

/** The second step: the other one owns everything at that epoch, and begins a life. */
function takesOver({ state, scenario, can }: Turn, side: Side): void {
  const { rules } = scenario;
  const taker = other(side);
  const mine = state.databases[side];
  const his = state.databases[taker];
  const border = everything(taker);
  const asked = rules.twoSteps
    ? mine.standing === givenUp
    : mine.below === border && mine.standing === 0 && mine.paired === 1;
  if (!asked || his.standing !== 0 || state.journal || !proven(state, taker, rules)) return;
  if (rules.rejoinComplete && !wholeCopy(state, taker)) return;
  const done = his.below === border && !his.fence && his.epoch === mine.epoch;
  if (rules.twoSteps ? done || his.epoch > mine.epoch : his.epoch >= mine.epoch || his.below === border)
    return;
  can(
    'rejoin',
    { side: taker },
    () => `\`rejoin\` goes on: ${nameOf(taker)} owns everything at that epoch and begins a life.`,
    (next) => {
      const database = next.databases[taker];
      Object.assign(database, { epoch: mine.epoch, below: border, fence: 0, paired: 1, degraded: 0 });
      beginLife(next, taker);
      sawEpoch(next, taker, scenario);
      return 'owns';
    },
  );
}

/** The other side is gone; it is fenced for real, so its processes end, and its server starts anew before it serves again. */
function failsOver({ state, scenario, can, fault }: Turn, side: Side): void {
  const { rules } = scenario;
  if (state.journal || !state.databases[other(side)].paired) return;
  const say = () =>
    `An operator runs \`failover\` towards ${nameOf(side)}, and has fenced ${nameOf(other(side))}.`;
  const run = (next: State): string => {
    const database = next.databases[side];
    endSessions(next, other(side));
    next.zombies[other(side)] = null;
    next.starts[other(side)] = newStart(next);
    if (rules.failoverTakesWitness) next.witnesses[other(side)] = null;
    const epoch =
      Math.max(database.epoch, database.standing === 0 ? 0 : next.databases[other(side)].epoch) + 3;
    Object.assign(database, {
      epoch,
      below: everything(side),
      fence: 0,
      standing: 0,
      degraded: 0,
      paired: 1,
    });
    Object.assign(database, { peerStart: 0, provenStart: next.starts[side], byWitness: 1 });
    next.leaders[side] = null;
    next.tookOver = 1 << side;
    next.writes.forEach((write, index) => {
      if (
        (write.state === acknowledged || write.state === answeredBefore) &&
        !database.rows.every((row, key) => seen(row, key, index, scenario.writes))
      )
        next.forgiven |= 1 << index;
    });
    if (rules.takesAbove) leap(database, next.databases[other(side)]);
    beginLife(next, side);
    beginsAnew(next, side, scenario);
    return 'owns everything';
  };
  if (state.left.failover)
    fault('failover', { side }, say, (next) => {
      next.left.failover--;
      return run(next);
    });
  // Marked, and nobody else has the whole: what is here is the best that there is.
  const stuck = state.databases[side].standing !== 0 && !wholeCopy(state, other(side));
  if (stuck && rules.rejoinComplete) can('failover', { side }, say, run);
}

/** Beyond what the other side can have stored: what it lacks of that is what the operator has given up. */
function leap(mine: Database, peer: Database): void {
  mine.term = Math.max(mine.term, termOf(peer.applied));
  mine.life = Math.max(mine.life, peer.appliedLife);
  mine.appliedLife = Math.max(mine.appliedLife, peer.life) + 1;
  mine.complete = 1;
}

const seen = (row: number, key: number, index: number, writes: readonly number[]): boolean =>
  !(writes[index]! & (1 << key)) || (row & (1 << index)) !== 0;

/** Capture begins: the two databases come to know each other, and the monolith fills the copy. */
function pairs({ state, scenario, can }: Turn): void {
  const { rules } = scenario;
  const [monolith, extracted] = state.databases;
  if (monolith.paired || monolith.standing !== 0) return;
  if (rules.restartProof && rules.unpairedProof && monolith.provenStart !== state.starts[0]) return;
  if (rules.alignRefuses && (extracted.paired || extracted.below !== 0 || extracted.epoch > monolith.epoch))
    return;
  can(
    'pair',
    {},
    () => 'The controller pairs the two databases, starts capture, and begins to fill the copy.',
    (next) => {
      const [m, e] = next.databases;
      const epoch = Math.max(m.epoch, e.epoch);
      for (const database of next.databases)
        Object.assign(database, { epoch, below: 0, fence: 0, paired: 1, standing: 0 });
      m.provenStart = e.peerStart = next.starts[0];
      e.provenStart = m.peerStart = next.starts[1];
      reporting(next, 1, rules, () => forgetOutgoing(e, m));
      Object.assign(e, { appliedLife: -1, complete: 0 });
      m.term = Math.max(m.term, e.applied >> 3);
      beginLife(next, 0);
      return 'paired';
    },
  );
}
