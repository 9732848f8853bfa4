import { isFencedTooLong } from '../../engine/ownership/fence-watch.js';
import { otherSide, policies, sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import { subjectOf, typed } from './advice.js';
import type { Condition } from './condition.js';
import type { Examined, Repair } from './finding.js';
import { moving } from './flow-conditions.js';
import { ofSide, type Told } from './of-side.js';

/* Who owns what, and whether both sides agree on it. */

/** A database that was put back, or has not proven itself. What doctor advises then is a page of its own: doctor/doctor-continuity.ts. */
export const proof = ofSide({
  measure: ({ standpoint: { standing, provenBy } }) => (standing === null && provenBy === 'peer' ? 0 : 1),
  message: (side, { standpoint: { standing } }) =>
    standing === null
      ? `${side} has not proven itself to the other side yet`
      : `the database of ${side} was put back (${standing})`,
  holdsHandOff: true,
});

/** No database was put back, and each has proven itself, so that what it says of owners is true. Else {@link proof} has the one way out. */
const believed = ({ observed: { states } }: Examined): boolean =>
  sides.every((side) => {
    const standpoint = states[side]?.standpoint;
    return !standpoint || (standpoint.standing === null && standpoint.proven);
  });

/** A hello ends it, or finds out that a database was put back; each process says one when it starts. */
const askedAnew = (side: Side, { row, advice }: Examined): string =>
  `restart the processes of ${side}: they ask ${otherSide(side)} who owns what; if nothing comes of it: ${typed(subjectOf(row, advice), 'failover', '--i-have-fenced-it')}`;

type Fence = SideState['ownership'];

/** Whether a side has buckets that nobody owns. */
export const isFenced = ({ ownership }: SideState): boolean => typeof ownership.fenceFrom === 'number';

/** What is fenced, in words. */
export const fenceInWords = (side: Side, { fenceFrom, fenceTo }: Fence): string =>
  `${side} has fenced the buckets [${fenceFrom}, ${fenceTo})`;

/** What is fenced for too long, in words. */
export const longFenceInWords = (side: Side, fence: Fence): string =>
  `${fenceInWords(side, fence)} for ${Math.round((fence.fencedMs ?? 0) / 1_000)} s`;

/** Buckets that nobody owns. A step lifts its fence within seconds; without a step nobody ever will. */
export const fenced = ofSide({
  measure: (state) => (isFenced(state) ? 1 : 0),
  message: (side, { ownership }) => fenceInWords(side, ownership),
  holdsHandOff: true,
  doctor: (side, { ownership }, examined) =>
    examined.row.transition
      ? fencedByStep(side, ownership, examined.row.transition.step.kind)
      : fencedByNobody(side, ownership, examined),
});

function fencedByStep(side: Side, fence: Fence, step: string): Told | null {
  if (!isFencedTooLong(fence)) return null;
  return {
    problem: longFenceInWords(side, fence),
    meaning: `nobody owns these buckets: their writes wait, and are answered 503; the step under way (${step}) does not come to an end`,
    remedy:
      'it ends by itself once both sides answer and have proven themselves: do what is said of the one that does not',
  };
}

function fencedByNobody(side: Side, fence: Fence, examined: Examined): Told | null {
  if (!believed(examined)) return null;
  const problem = `${fenceInWords(side, fence)}, and no step is under way`;
  if (side === 'extracted' && policies[examined.row.phase].atHome) {
    return {
      problem,
      meaning: 'harmless: the monolith owns everything',
      remedy: 'the next run lifts it by itself',
    };
  }
  const meaning = 'nobody owns these buckets: their writes are refused';
  const other = otherSide(side);
  const theirs = examined.observed.states[other]?.ownership;
  // The same border: the hand-off that this fence is of has not come to an owner, and its journal is gone.
  if (theirs?.extractedBelow === fence.extractedBelow) {
    const repair: Repair = { kind: 'lift fence', side, epoch: fence.epoch, otherEpoch: theirs.epoch };
    return { problem, meaning, remedy: 'lift the fence', repair };
  }
  const remedy = theirs
    ? askedAnew(side, examined)
    : `start ${other}, without which nobody knows who owns them`;
  return { problem, meaning, remedy };
}

/** A side that does not capture its changes. */
export const capture = ofSide({
  measure: ({ ownership }) => (ownership.capture ? 0 : 1),
  message: (side) => `${side} does not capture its changes`,
  holdsHandOff: true,
  doctor: (side, _state, { row, advice }) => {
    const sends = policies[row.phase].replicates.some((each) => each === side);
    if (!sends || row.transition) return null;
    return {
      problem: `${side} does not capture its changes, in phase ${row.phase}`,
      meaning: 'the other side does not get them, and no hand-off can begin',
      remedy: `somebody has switched it off; go back and let it be copied anew: ${typed(subjectOf(row, advice), 'rollback')}`,
    };
  },
});

/** A side that captures its changes though nobody reads them. */
export const idleCapture = ofSide({
  measure: ({ ownership }) => (ownership.capture ? 1 : 0),
  message: (side) => `${side} still captures changes`,
  doctor: (side, { ownership }, examined) => {
    const { row } = examined;
    // What owns something, though nothing moves, knows of a move that this row does not: it is the evidence.
    const owns = policies[row.phase].atHome && ownership.extractedBelow !== 0;
    if (moving(row) || row.transition || owns || !believed(examined)) return null;
    return {
      problem: `${side} still captures changes, in phase ${row.phase}`,
      meaning: 'its outbox grows, and nobody reads it',
      remedy: 'stop capture there',
      repair: { kind: 'stop capture', side, epoch: ownership.epoch },
    };
  },
});

/** Both sides have to agree on epoch and border before anything is handed over. */
export const agreement: Condition = {
  handOff: ({ monolith: { ownership: home }, extracted: { ownership: away } }) => [
    ...(home.epoch === away.epoch
      ? []
      : [`the sides are at different epochs (monolith ${home.epoch}, extracted ${away.epoch})`]),
    ...(home.extractedBelow === away.extractedBelow ? [] : ['the sides do not agree on the border']),
  ],
  doctor: (examined) => {
    const { row, observed } = examined;
    const { monolith, extracted } = observed.states;
    if (!monolith || !extracted || row.transition || !moving(row) || !believed(examined)) return [];
    const [home, away] = [monolith.ownership, extracted.ownership];
    const agreed = home.extractedBelow === away.extractedBelow;
    // Whoever lifts a fence makes the epochs equal.
    const settled = isFenced(monolith) || isFenced(extracted) || home.epoch === away.epoch;
    if (agreed && settled) return [];
    const problem = `the sides differ: monolith epoch ${home.epoch}, border ${home.extractedBelow}; extracted epoch ${away.epoch}, border ${away.extractedBelow}`;
    const meaning = 'no hand-off can begin';
    const [low, high] = home.epoch < away.epoch ? [home, away] : [away, home];
    if (!agreed) return [{ problem, meaning, remedy: askedAnew(low.side, examined) }];
    const repair: Repair = { kind: 'raise', side: low.side, epoch: low.epoch, to: high.epoch };
    return [{ problem, meaning, remedy: `raise ${low.side} to epoch ${high.epoch}`, repair }];
  },
};
