import { otherSide } from '../../routes/phase.js';
import { comparePositions, type Position } from './position.js';
import {
  both,
  fenceOf,
  fences,
  isEmpty,
  ownedBy,
  type Range,
  type Received,
  type Standing,
  type Standpoint,
} from './standing.js';

/*
 * What a database concludes from its peer's answer to a hello. Pure. The rules were found by exploring a model of them
 * (test/model; docs/adr/0024): each of them has a story of a lost write without it.
 */

/** What is to be changed, in one transaction. */
export interface Conclusion {
  /** For people. */
  readonly outcome: string;
  /** Whether this start may take writes now. */
  readonly proven: boolean;
  readonly standing: Standing;
  readonly epoch: number;
  readonly extractedBelow: number;
  /** Whether the fence goes. */
  readonly unfenced: boolean;
  /** The copy here lacks something: it is to be filled anew. */
  readonly incomplete: boolean;
  /** Rows of the outbox that are given up: a report from now on. */
  readonly givenUp: Range | null;
  /** What of its own sending it takes over from the peer; null: nothing. */
  readonly sending: { life: number; term: number; confirmed: Position | null } | null;
}

/** Whether all of these rows, by their ids in the outbox, are still here, or were given up: none is lost. */
export type Holds = (ids: readonly number[]) => boolean;

/** What of this side's outbox a comparison needs. */
export interface Outbox {
  /** All of the rows are there, or were given up. */
  readonly holds: Holds;
  /** Rows are there of buckets that both sides claim. */
  readonly undelivered: boolean;
}

/** All that was stored at the peer is confirmed here, or still in the outbox. */
function senderHolds(
  mine: Pick<Standpoint, 'term' | 'life' | 'confirmed'>,
  told: Pick<Standpoint, 'applied' | 'appliedLife' | 'pruned' | 'received'>,
  holds: Holds,
): boolean {
  const life = told.appliedLife ?? -1;
  if (told.applied.term > mine.term || life > mine.life) return false;
  return life !== mine.life || holdsTail(mine, told, holds);
}

/** The same, of one life. */
export const holdsTail = (
  { confirmed }: Pick<Standpoint, 'confirmed'>,
  { pruned, received }: { pruned: Position; received: readonly Received[] },
  holds: Holds,
): boolean =>
  comparePositions(pruned, confirmed ?? { term: 0, seq: 0 }) <= 0 &&
  above(confirmed, received).every(({ ids }) => holds(ids));

/** What came after the last position that is known to be confirmed. */
const above = (confirmed: Position | null, received: readonly Received[]): Received[] =>
  received.filter((each) => confirmed === null || comparePositions(each, confirmed) > 0);

/** What the peer has had confirmed is here. */
const receiverHolds = (mine: Standpoint, told: Standpoint): boolean =>
  told.confirmed === null ||
  // What it sent in an older life was given up by a failover, or it was put back itself: it proves nothing against this side.
  told.life < (mine.appliedLife ?? -1) ||
  (told.life === mine.appliedLife && comparePositions(mine.applied, told.confirmed) >= 0);

/** Buckets that both say to own. */
export const claimedTwice = (mine: Standpoint, told: Standpoint): Range =>
  both(ownedBy(mine.side, mine.extractedBelow), ownedBy(otherSide(mine.side), told.extractedBelow));

/** The peer owns buckets of mine at a higher epoch, or at the same one unfenced. A side that is marked claims nothing. */
function mustGiveWay(mine: Standpoint, told: Standpoint): boolean {
  if (told.standing !== null) return false;
  if (mine.standing === 'given up') {
    const theirs = ownedBy(otherSide(mine.side), told.extractedBelow);
    const unfenced = isEmpty(both(theirs, fenceOf(told)));
    return unfenced && isEmpty(ownedBy(mine.side, told.extractedBelow)) && told.epoch >= mine.epoch;
  }
  const twice = claimedTwice(mine, told);
  if (isEmpty(twice)) return false;
  return told.epoch > mine.epoch || (told.epoch === mine.epoch && isEmpty(both(twice, fenceOf(told))));
}

/** The peer says that this side owns buckets of which it does not know. */
const forgotOwning = (mine: Standpoint, told: Standpoint): boolean => {
  const [own, said] = [ownedBy(mine.side, mine.extractedBelow), ownedBy(mine.side, told.extractedBelow)];
  return said.to - said.from > own.to - own.from && told.epoch >= mine.epoch && told.standing === null;
};

/** What follows from what the peer has told. */
export function conclude(mine: Standpoint, told: Standpoint, outbox: Outbox): Conclusion {
  const sender = senderHolds(mine, told, outbox.holds);
  const receiver = receiverHolds(mine, told);
  if (mustGiveWay(mine, told)) return givesWay(mine, told, { sender, receiver, ...outbox });
  if (mine.standing !== null) return { ...unchanged(mine), outcome: 'marked as before' };
  if (forgotOwning(mine, told))
    return rolledBack(mine, 'this side was made an owner, and its database does not know it');
  const proven = { ...unchanged(mine), proven: true, epoch: Math.max(mine.epoch, told.epoch) };
  if (sender && receiver) return { ...proven, outcome: 'proven' };
  if (!isEmpty(ownedBy(mine.side, mine.extractedBelow)))
    return rolledBack(mine, sender ? 'it lacks what it had received' : 'it lacks what it had sent');
  const sending = sender ? null : taken(mine, told);
  return { ...proven, outcome: 'proven: a copy that is filled anew', incomplete: true, sending };
}

const unchanged = (mine: Standpoint): Conclusion => ({
  outcome: '',
  proven: false,
  standing: mine.standing,
  epoch: mine.epoch,
  extractedBelow: mine.extractedBelow,
  unfenced: false,
  incomplete: false,
  givenUp: null,
  sending: null,
});

const rolledBack = (mine: Standpoint, why: string): Conclusion => ({
  ...unchanged(mine),
  outcome: `rolled back: ${why}`,
  standing: 'rolled back',
});

/** Whether buckets are another one's from now on. (A mark takes nothing away: that comes later, when the side gives way.) */
export const losesBuckets = (mine: Standpoint, { extractedBelow }: Conclusion): boolean => {
  const [before, after] = [mine.extractedBelow, extractedBelow].map((below) => ownedBy(mine.side, below));
  return after!.to - after!.from < before!.to - before!.from;
};

/** Who owns nothing takes for confirmed what the peer has of it; what is left in its outbox is a report. */
export const taken = (mine: Standpoint, told: Standpoint): NonNullable<Conclusion['sending']> => ({
  life: told.appliedLife ?? 0,
  term: Math.max(mine.term, told.applied.term),
  confirmed: told.applied.term === 0 ? null : told.applied,
});

function givesWay(
  mine: Standpoint,
  told: Standpoint,
  { sender, receiver, undelivered }: { sender: boolean; receiver: boolean; undelivered: boolean },
): Conclusion {
  const twice = claimedTwice(mine, told);
  const { extractedBelow, epoch } = told;
  const place = { ...unchanged(mine), extractedBelow, epoch, unfenced: true, standing: null };
  const keepsSome = !isEmpty(ownedBy(mine.side, extractedBelow));
  const passed = sender && receiver;
  if (keepsSome && !passed)
    return {
      ...place,
      outcome: 'rolled back: buckets have moved since, and it lacks what it had sent',
      standing: 'rolled back',
    };
  const proven = { ...place, proven: true, givenUp: isEmpty(twice) ? null : twice };
  if (passed && fences(mine, twice) && !undelivered && mine.standing !== 'given up')
    return { ...proven, outcome: 'gives way: it was drained before' };
  return {
    ...proven,
    outcome: 'gives way, and is filled anew',
    incomplete: true,
    sending: keepsSome ? null : taken(mine, told),
  };
}
