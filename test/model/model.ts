import type { Action, Turn } from './action.js';
import { clients } from './actions/clients.js';
import { faults } from './actions/faults.js';
import { handOffs } from './actions/hand-offs.js';
import { proofs } from './actions/proofs.js';
import { receivers } from './actions/receiver.js';
import { tidyRelays } from './actions/answers.js';
import { relays } from './actions/relay.js';
import { verbs } from './actions/verbs.js';
import type { Scenario } from './scenario.js';
import { at, buckets, type Budget, type Database, type Side, type State } from './state.js';
import { decode } from './state-codec.js';
import { firstWitness } from './witness.js';
import { settled } from './actions/clients.js';

const noFaults: Budget = {
  snapshot: 0,
  restore: 0,
  resume: 0,
  restart: 0,
  cleanStop: 0,
  handOff: 0,
  newLeader: 0,
  late: 0,
  lateHello: 0,
  degrade: 0,
  park: 0,
  foreign: 0,
  forged: 0,
  discard: 0,
  duplicate: 0,
  failover: 0,
  earlyTimeout: 0,
};

const firstDatabase = ({ paired, below }: Scenario, side: Side): Database => ({
  epoch: 1,
  below,
  fence: 0,
  standing: 0,
  paired: paired ? 1 : 0,
  provenStart: side + 1,
  byWitness: 0,
  peerStart: paired ? 2 - side : 0,
  rows: Array.from({ length: buckets }, () => 0),
  outbox: [],
  report: [],
  nextId: 1,
  term: 1,
  life: 1,
  confirmed: at(1, 1),
  backfill: 0,
  degraded: 0,
  applied: at(1, 1),
  appliedLife: 1,
  complete: 1,
  pruned: 0,
  received: [],
});

export function initial(scenario: Scenario): State {
  const databases: State['databases'] = [firstDatabase(scenario, 0), firstDatabase(scenario, 1)];
  const { restore = 0, resume = 0 } = scenario.budget;
  return {
    databases,
    starts: [1, 2],
    leaders: [null, null],
    zombies: [null, null],
    proofs: [null, null],
    witnesses: [firstWitness(scenario, databases[0]), firstWitness(scenario, databases[1])],
    writes: scenario.writes.map(() => settled(0)),
    batches: [],
    replies: [],
    journal: null,
    late: [],
    lateHellos: [],
    snapshot: null,
    left: { ...noFaults, snapshot: restore + resume, ...scenario.budget },
    forgiven: 0,
    tookOver: 0,
    discarded: 0,
  };
}

/** Everything that may happen next. */
export function actionsOf(state: State, scenario: Scenario): Action[] {
  const actions: Action[] = [];
  const turn: Turn = {
    state,
    scenario,
    can: (kind, about, say, run) => void actions.push({ kind, about, say, run, fault: false }),
    fault: (kind, about, say, run) => void actions.push({ kind, about, say, run, fault: true }),
  };
  for (const some of [clients, relays, receivers, proofs, handOffs, verbs, faults]) some(turn);
  return actions;
}

/** Leaves out what can have no effect any more, so that states that differ by nothing are one. */
function tidy(state: State, { rules }: Scenario): void {
  tidyRelays(state);
  const { left, snapshot } = state;
  const noMoreRestores = left.restore + left.resume === 0;
  if (noMoreRestores) state.snapshot = null;
  if (noMoreRestores) left.snapshot = 0;
  if (snapshot && !state.snapshot) state.snapshot = null;
  if (!rules.startStamp || !noMoreRestores) return;
  // A start that is neither present nor believed comes to be believed only by a late hello.
  state.batches = state.batches.filter(
    ({ from, start }) =>
      start === state.starts[from] ||
      start === state.databases[from === 0 ? 1 : 0].peerStart ||
      state.leaders[from]?.start === start ||
      state.lateHellos.some((late) => late.start === start),
  );
}

/** The state after an action and what came of it; null: it cannot be done. `bytes`: the state before. */
export function after(
  bytes: Uint8Array,
  action: Action,
  scenario: Scenario,
): { next: State; outcome: string } | null {
  const next = decode(bytes);
  const outcome = action.run(next);
  if (outcome === null) return null;
  tidy(next, scenario);
  return { next, outcome };
}
