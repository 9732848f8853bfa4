import { buckets } from '../bucket.js';
import { otherSide, policies, sides, type Side } from '../phase.js';
import type { SideState } from '../side/side.js';
import { subjectOf, typed } from './advice.js';
import type { Examiner, Found, Patient, Repair } from './examiner.js';
import type { ModuleRow } from './module-row.js';

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

/** A fence belongs to a step under way; without one nobody will ever lift it. */
export const fences = onEachSide((side, { ownership: own }, { row, observed: { states }, advice }) => {
  const other = states[otherSide(side)]?.ownership;
  if (own.fenceFrom === null || row.transition) return [];
  const meaning = 'nobody owns these buckets: their writes are refused';
  const problem = `${side} has fenced the buckets [${own.fenceFrom}, ${own.fenceTo}), and no step is under way`;
  const idle = side === 'extracted' && row.phase === 'monolith';
  if (idle) {
    return [
      {
        problem,
        meaning: 'harmless: the monolith owns everything',
        remedy: 'the next run lifts it by itself',
      },
    ];
  }
  // A database that was restored or cloned starts fenced as a whole: what it misses, nobody here knows.
  const restored = own.fenceFrom === 0 && own.fenceTo === buckets;
  // Both agree on who owned what, so nothing has happened behind the fence's back.
  const agreed =
    other?.fenceFrom === null && other.epoch === own.epoch && other.extractedBelow === own.extractedBelow;
  if (restored || !agreed) {
    const remedy = `this database was restored from a backup, or is a copy; go back to the original, or accept what it has with: ${typed(subjectOf(row, advice), 'failover', '--i-have-fenced-it')}`;
    return [{ problem, meaning, remedy }];
  }
  const repair: Repair = { kind: 'lift fence', side, epoch: own.epoch };
  return [{ problem, meaning, remedy: 'lift the fence', repair }];
});

/** Both sides have to agree before anything is handed over. */
export const epochs: Examiner = ({ row, observed, advice }) => {
  const { monolith, extracted } = observed.states;
  if (!monolith || !extracted || row.transition || !moving(row)) return [];
  const [home, away] = [monolith.ownership, extracted.ownership];
  if (home.epoch === away.epoch && home.extractedBelow === away.extractedBelow) return [];
  const problem = `the sides differ: monolith epoch ${home.epoch}, border ${home.extractedBelow}; extracted epoch ${away.epoch}, border ${away.extractedBelow}`;
  const meaning = 'no hand-off can begin';
  const [low, high] = home.epoch < away.epoch ? [home, away] : [away, home];
  const safe =
    low.extractedBelow === high.extractedBelow && low.fenceFrom === null && high.fenceFrom === null;
  if (!safe) {
    const remedy = `one database is older than the other: restore it, or accept what the monolith has with: ${typed(subjectOf(row, advice), 'failover', '--i-have-fenced-it')}`;
    return [{ problem, meaning, remedy }];
  }
  const repair: Repair = { kind: 'raise', side: low.side, epoch: low.epoch, to: high.epoch };
  return [{ problem, meaning, remedy: `raise ${low.side} to epoch ${high.epoch}`, repair }];
};

/** What a side sends, or should. */
export const flow = onEachSide((side, { ownership, outgoing }, { row, advice }) => {
  const found: Found[] = [];
  const subject = subjectOf(row, advice);
  if (outgoing.degradedSince) {
    found.push({
      problem: `${side} is degraded since ${outgoing.degradedSince}: ${outgoing.reason ?? 'not confirmed'}`,
      meaning: 'the other side does not confirm: writes are answered once they are stored here',
      remedy: 'look at the other side and at NATS; it ends by itself',
    });
  }
  if (outgoing.parked > 0) {
    found.push({
      problem: `${side} has ${outgoing.parked} parked rows`,
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
  if (!moving(row) && ownership.capture && !row.transition) {
    found.push({
      problem: `${side} still captures changes, in phase ${row.phase}`,
      meaning: 'its outbox grows, and nobody reads it',
      remedy: 'stop capture there',
      repair: { kind: 'stop capture', side, epoch: ownership.epoch },
    });
  }
  const stale = outgoing.pending > 0 && outgoing.lagMs > staleMs && !outgoing.degradedSince;
  if (moving(row) && stale) {
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
