import { isFencedTooLong } from '../../engine/ownership/fence-watch.js';
import { otherSide, policies, sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import { subjectOf, typed } from '../commands/advice.js';
import type { Examiner, Found, Patient, Repair } from './examiner.js';
import type { ModuleRow } from '../store/module-row.js';

const staleMs = 10_000;
const longTransactionMs = 60_000;

const moving = ({ phase }: ModuleRow): boolean => policies[phase].replicates.length > 0;

const onEachSide =
  (examine: (side: Side, state: SideState, patient: Patient) => Found[]): Examiner =>
  (patient) =>
    sides.flatMap((side) => {
      const state = patient.observed.states[side];
      return state ? examine(side, state, patient) : [];
    });

/** No database was put back, and each has proven itself, so that what it says of owners is true. Else `standings` has the one way out. */
const believed = ({ observed: { states } }: Patient): boolean =>
  sides.every((side) => {
    const standpoint = states[side]?.standpoint;
    return !standpoint || (standpoint.standing === null && standpoint.proven);
  });

/** Which side has a database that was put back, in words; undefined: none. */
function standingOf({ observed: { states } }: Patient): string | undefined {
  const side = sides.find((each) => (states[each]?.standpoint.standing ?? null) !== null);
  return side && `${side} is ${states[side]!.standpoint.standing}`;
}

/** A hello ends it, or finds out that a database was put back; each process says one when it starts. */
const askedAnew = (side: Side, { row, advice }: Patient): string =>
  `restart the processes of ${side}: they ask ${otherSide(side)} who owns what; if nothing comes of it: ${typed(subjectOf(row, advice), 'failover', '--i-have-fenced-it')}`;

/** A fence belongs to a step under way; without one nobody will ever lift it. */
export const fences = onEachSide((side, { ownership: own }, patient) => {
  const { row, observed } = patient;
  if (own.fenceFrom === null || row.transition || !believed(patient)) return [];
  const other = otherSide(side);
  const theirs = observed.states[other]?.ownership;
  const meaning = 'nobody owns these buckets: their writes are refused';
  const problem = `${side} has fenced the buckets [${own.fenceFrom}, ${own.fenceTo}), and no step is under way`;
  if (side === 'extracted' && row.phase === 'monolith') {
    return [
      {
        problem,
        meaning: 'harmless: the monolith owns everything',
        remedy: 'the next run lifts it by itself',
      },
    ];
  }
  // The same border: the hand-off that this fence is of has not come to an owner, and its journal is gone.
  if (theirs?.extractedBelow === own.extractedBelow) {
    const repair: Repair = { kind: 'lift fence', side, epoch: own.epoch, otherEpoch: theirs.epoch };
    return [{ problem, meaning, remedy: 'lift the fence', repair }];
  }
  const remedy = theirs
    ? askedAnew(side, patient)
    : `start ${other}, without which nobody knows who owns them`;
  return [{ problem, meaning, remedy }];
});

/** A step lifts its fence within seconds. Without a step, {@link fences} has said so. */
export const oldFences = onEachSide((side, { ownership }, { row }) => {
  if (!row.transition || !isFencedTooLong(ownership)) return [];
  return [
    {
      problem: fencedFor(side, ownership),
      meaning: `nobody owns these buckets: their writes wait, and are answered 503; the step under way (${row.transition.step.kind}) does not come to an end`,
      remedy:
        'it ends by itself once both sides answer and have proven themselves: do what is said of the one that does not',
    },
  ];
});

/** What is fenced for too long, in words. */
export const fencedFor = (side: Side, { fenceFrom, fenceTo, fencedMs }: SideState['ownership']): string =>
  `${side} has fenced the buckets [${fenceFrom}, ${fenceTo}) for ${Math.round((fencedMs ?? 0) / 1_000)} s`;

/** Both sides have to agree before anything is handed over. */
export const epochs: Examiner = (patient) => {
  const { row, observed } = patient;
  const { monolith, extracted } = observed.states;
  if (!monolith || !extracted || row.transition || !moving(row) || !believed(patient)) return [];
  const [home, away] = [monolith.ownership, extracted.ownership];
  const agreed = home.extractedBelow === away.extractedBelow;
  // Whoever lifts a fence makes the epochs equal.
  const fenced = home.fenceFrom !== null || away.fenceFrom !== null;
  if (agreed && (fenced || home.epoch === away.epoch)) return [];
  const problem = `the sides differ: monolith epoch ${home.epoch}, border ${home.extractedBelow}; extracted epoch ${away.epoch}, border ${away.extractedBelow}`;
  const meaning = 'no hand-off can begin';
  const [low, high] = home.epoch < away.epoch ? [home, away] : [away, home];
  if (!agreed) return [{ problem, meaning, remedy: askedAnew(low.side, patient) }];
  const repair: Repair = { kind: 'raise', side: low.side, epoch: low.epoch, to: high.epoch };
  return [{ problem, meaning, remedy: `raise ${low.side} to epoch ${high.epoch}`, repair }];
};

/** What a side sends, or should. */
export const flow = onEachSide((side, { ownership, outgoing }, patient) => {
  const { row, advice } = patient;
  const found: Found[] = [];
  const subject = subjectOf(row, advice);
  const marked = standingOf(patient);
  if (outgoing.degradedSince) {
    // What was written down is the first reason; since then the other one may have come to answer.
    const reason = marked ?? outgoing.refused ?? outgoing.reason ?? 'not confirmed';
    found.push({
      problem: `${side} is degraded since ${outgoing.degradedSince}: ${reason}`,
      meaning: 'the other side does not confirm: writes are answered once they are stored here',
      remedy: marked
        ? 'first what is said of that database; then it ends by itself'
        : 'look at the other side and at NATS; it ends by itself',
    });
  }
  const { unnamed = 0 } = outgoing;
  if (unnamed > 0) {
    found.push({
      problem: `${side} has set ${unnamed} changes aside: the process that sends does not name their tables`,
      meaning: 'they wait for a process that does, and hold every hand-off until then',
      remedy: `do not discard them: start the new release on all processes of ${side}, and they are sent; what no release names any more is forgotten once its table is dropped`,
    });
  }
  if (outgoing.parked > unnamed) {
    found.push({
      problem: `${side} has ${outgoing.parked - unnamed} parked rows`,
      meaning: 'they can never be applied as they are; they block their keys, and every hand-off',
      remedy: `see why: ${typed(subject, 'parked')}; mend that, and: ${typed(subject, 'parked', '--retry <id>')}; or forget them: ${typed(subject, 'parked', '--discard <id>')}`,
    });
  }
  if (outgoing.oldestTransactionMs > longTransactionMs) {
    found.push({
      problem: `a transaction in the database of ${side} is open for ${Math.round(outgoing.oldestTransactionMs / 1_000)} s`,
      meaning: 'dead outbox rows cannot be cleared away, and the relay becomes slow',
      remedy: 'end it: select pid, query from pg_stat_activity order by xact_start',
    });
  }
  // What owns something, though nothing moves, knows of a move that this row does not: it is the evidence.
  const owns = row.phase === 'monolith' && ownership.extractedBelow !== 0;
  if (!moving(row) && ownership.capture && !row.transition && believed(patient) && !owns) {
    found.push({
      problem: `${side} still captures changes, in phase ${row.phase}`,
      meaning: 'its outbox grows, and nobody reads it',
      remedy: 'stop capture there',
      repair: { kind: 'stop capture', side, epoch: ownership.epoch },
    });
  }
  const stale = outgoing.pending > 0 && outgoing.lagMs > staleMs && !outgoing.degradedSince;
  if (moving(row) && stale && !marked) {
    found.push({
      problem: `${side} has sent nothing for ${Math.round(outgoing.lagMs / 1_000)} s, and ${outgoing.pending} changes wait`,
      meaning: 'its relay is not running, or stands still',
      remedy: `restart the processes of the side ${side}`,
    });
  }
  if (policies[row.phase].replicates.some((each) => each === side) && !ownership.capture && !row.transition) {
    found.push({
      problem: `${side} does not capture its changes, in phase ${row.phase}`,
      meaning: 'the other side does not get them, and no hand-off can begin',
      remedy: `somebody has switched it off; go back and let it be copied anew: ${typed(subject, 'rollback')}`,
    });
  }
  return found;
});
