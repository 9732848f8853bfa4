import type { Turn } from '../action.js';
import { fenceAs, proven } from '../ownership.js';
import { conclude } from '../proof.js';
import { reporting } from '../report-rows.js';
import { givenUp, nameOf, other, sides, toldOf, type Side } from '../state.js';
import { sawEpoch, sawProof, witnessAgrees } from '../witness.js';

/** How a side proves itself on its present start. */
export function proofs(turn: Turn): void {
  if (!turn.scenario.rules.restartProof) return;
  for (const side of sides) {
    says(turn, side);
    concludes(turn, side);
    byWitness(turn, side);
  }
  lateHellos(turn);
}

function says({ state, scenario: { rules }, can, fault }: Turn, side: Side): void {
  const mine = state.databases[side];
  const peer = state.databases[other(side)];
  const name = nameOf(side);
  const peerKnowsNot = mine.paired && peer.paired && peer.peerStart !== state.starts[side];
  const unproven = mine.provenStart !== state.starts[side];
  const owes = rules.witnessOwesHello && mine.byWitness === 1;
  const asks = unproven || owes || peerKnowsNot || mine.standing === givenUp;
  if (asks && mine.standing !== 1 && !state.proofs[side] && (mine.paired || rules.unpairedProof))
    can(
      'hello',
      { side },
      () => `${name} says hello with its new start.`,
      (next) => {
        const before = next.databases[side].peerStart;
        const his = next.databases[other(side)];
        const known = mine.paired === 1 || mine.standing === givenUp;
        // It takes him for its peer, and he has never heard of it.
        if (known && !his.paired && his.standing === 0) fenceAs(his);
        if (known && (his.paired || his.standing !== 0)) his.peerStart = next.starts[side];
        if (rules.challenge) next.lateHellos = next.lateHellos.filter((late) => late.side !== side);
        next.proofs[side] = {
          known: known ? 1 : 0,
          start: next.starts[side],
          peerStart: next.starts[other(side)],
          peerStartBefore: before,
          peer: toldOf(his),
        };
        return 'answered';
      },
    );
  if (state.left.lateHello && unproven && mine.standing === 0 && mine.paired && peer.paired)
    fault(
      'hello',
      { side, late: true },
      () => `${name} says hello with its new start; the message is late.`,
      (next) => {
        next.left.lateHello--;
        next.lateHellos.push({ side, start: next.starts[side] });
        return 'late';
      },
    );
}

function concludes({ state, scenario, can }: Turn, side: Side): void {
  const answered = state.proofs[side];
  const { rules } = scenario;
  if (!answered) return;
  can(
    'prove',
    { side },
    () => `${nameOf(side)} compares the answer with its own data.`,
    (next) => {
      next.proofs[side] = null;
      const mine = next.databases[side];
      const { peer, peerStart, peerStartBefore, start } = answered;
      if (start !== next.starts[side]) return 'void: it has restarted since';
      const otherHello =
        mine.paired && peer.paired && mine.peerStart !== peerStartBefore && mine.peerStart !== peerStart;
      if (rules.freshAnswer && otherHello) return 'void: the peer has restarted since';
      if (answered.known) {
        const outcome = reporting(next, side, rules, () => conclude(mine, answered, side, rules));
        sawEpoch(next, side, scenario);
        sawProof(next, side, scenario, peer);
        return outcome;
      }
      if (mine.paired || mine.standing !== 0) return 'void: it was paired meanwhile';
      if (peer.paired) {
        fenceAs(mine);
        return 'rolled back: the peer knows of a pairing that this database does not';
      }
      mine.provenStart = start;
      return 'proven: nobody claims the module';
    },
  );
}

function byWitness({ state, scenario: { witness: kind, rules }, can }: Turn, side: Side): void {
  const mine = state.databases[side];
  if (kind === 'none' || proven(state, side, rules) || mine.standing !== 0) return;
  const name = nameOf(side);
  if (kind === 'nothing at all')
    return can(
      'serve unproven',
      { side },
      () => `${name} cannot reach its peer and serves all the same.`,
      (next) => {
        next.databases[side].provenStart = next.starts[side];
        next.databases[side].byWitness = 1;
        return 'unproven';
      },
    );
  const witness = state.witnesses[side];
  if (!witness || !witnessAgrees(witness, mine, rules)) return;
  can(
    'prove by witness',
    { side },
    () => `${name} cannot reach its peer; its witness (${kind}) agrees with its data.`,
    (next) => {
      next.databases[side].provenStart = next.starts[side];
      next.databases[side].byWitness = 1;
      next.witnesses[side]!.start = next.starts[side];
      if (kind === 'clean stop' && rules.witnessSpent) next.witnesses[side] = null;
      return 'proven';
    },
  );
}

function lateHellos({ state, can }: Turn): void {
  state.lateHellos.forEach(({ side, start }, index) =>
    can(
      'late hello',
      { side: side as Side, index },
      () => `A late hello of ${nameOf(side as Side)} arrives.`,
      (next) => {
        next.lateHellos.splice(index, 1);
        next.databases[other(side as Side)].peerStart = start;
        return 'believed';
      },
    ),
  );
}
