import { dropKeys, fenceAs, forgetOutgoing, owned } from './ownership.js';
import type { Rules } from './rules.js';
import { givenUp, termOf, type Answered, type Database, type Side, other } from './state.js';
import { holds } from './witness.js';

/** What was stored over there is confirmed here, or is still in the outbox here. */
function senderHolds(mine: Database, peer: Database, rules: Rules): boolean {
  if (!rules.senderCheck) return true;
  if (termOf(peer.applied) > mine.term || peer.appliedLife > mine.life) return false;
  if (peer.appliedLife !== mine.life) return true;
  return rules.tailKept ? holds(mine, peer, rules) : peer.pruned <= mine.confirmed;
}

/** What the peer has confirmed was applied here. */
const receiverHolds = (mine: Database, peer: Database, rules: Rules): boolean =>
  !rules.receiverCheck ||
  peer.confirmed === 0 ||
  (rules.olderPeer && peer.life < mine.appliedLife) ||
  (peer.life === mine.appliedLife && mine.applied >= peer.confirmed);

/** Buckets that both say to own. */
export const overlap = (mine: Database, peer: Database, side: Side): number =>
  owned(mine, side) & owned(peer, other(side));

/** The peer owns buckets of mine at a higher epoch, or at the same one unfenced; a side that is marked claims nothing. */
function mustGiveWay(mine: Database, peer: Database, side: Side, rules: Rules): boolean {
  if (!rules.claims || peer.standing !== 0) return false;
  if (mine.standing === givenUp) {
    return (owned(peer, other(side)) & ~peer.fence) === owned(peer, other(side)) && owned(peer, side) === 0
      ? peer.epoch >= mine.epoch
      : false;
  }
  const both = overlap(mine, peer, side);
  if (both === 0) return false;
  return peer.epoch > mine.epoch || (peer.epoch === mine.epoch && (both & peer.fence) === 0);
}

/** Ends the proof of one start, in one transaction. Returns what came of it. */
export function conclude(
  mine: Database,
  { start, peer, peerStart }: Answered,
  side: Side,
  rules: Rules,
): string {
  mine.peerStart = peerStart;
  mine.byWitness = 0;
  const sender = senderHolds(mine, peer, rules);
  const receiver = receiverHolds(mine, peer, rules);
  if (mustGiveWay(mine, peer, side, rules))
    return giveWay(mine, peer, side, { sender, receiver, start, rules });
  if (mine.standing !== 0) return 'marked as before';
  const unknown = owned(peer, side) & ~owned(mine, side);
  if (rules.lostOwn && unknown !== 0 && peer.epoch >= mine.epoch && peer.standing === 0) {
    fenceAs(mine);
    return 'rolled back: it was made an owner, and does not know it';
  }
  if (sender && receiver) {
    proveTo(mine, start, peer, rules);
    return 'proven';
  }
  if (owned(mine, side) !== 0) {
    fenceAs(mine);
    return sender ? 'rolled back: it lacks what it had received' : 'rolled back: it lacks what it had sent';
  }
  proveTo(mine, start, peer, rules);
  refill(mine, peer, sender, rules);
  return 'proven, and a copy to be filled anew';
}

function proveTo(mine: Database, start: number, peer: Database, rules: Rules): void {
  mine.provenStart = start;
  if (rules.higherEpoch) mine.epoch = Math.max(mine.epoch, peer.epoch);
}

function refill(mine: Database, peer: Database, sender: boolean, rules: Rules): void {
  if (rules.incomplete) Object.assign(mine, { appliedLife: -1, complete: 0 });
  if (!sender) forgetOutgoing(mine, peer);
}

interface Checks {
  sender: boolean;
  receiver: boolean;
  start: number;
  rules: Rules;
}

function giveWay(
  mine: Database,
  peer: Database,
  side: Side,
  { sender, receiver, start, rules }: Checks,
): string {
  const both = overlap(mine, peer, side);
  const drained = (both & ~mine.fence) === 0 && mine.outbox.every(({ keys }) => (keys & both) === 0);
  const passed = sender && receiver;
  const wasGivenUp = mine.standing === givenUp;
  // Nobody comes in from here on, until it is proven again.
  Object.assign(mine, {
    below: peer.below,
    epoch: peer.epoch,
    fence: 0,
    standing: 0,
    paired: 1,
    provenStart: 0,
  });
  const kept = owned(mine, side);
  mine.backfill &= kept;
  if (kept !== 0 && !passed) {
    fenceAs(mine);
    return 'rolled back: buckets have moved since, and it lacks what it had sent of others';
  }
  mine.provenStart = start;
  if (rules.dropRows) dropKeys(mine, both);
  if (rules.wholeOrFilled ? drained && passed && !wasGivenUp : passed)
    return 'gives way: it was drained before';
  if (rules.incomplete) Object.assign(mine, { appliedLife: -1, complete: 0 });
  if (kept === 0) forgetOutgoing(mine, peer);
  return 'gives way, and is filled anew';
}
