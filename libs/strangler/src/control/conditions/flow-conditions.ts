import { policies, sides } from '../../routes/phase.js';
import type { BackfillState } from '../../engine/replication/outgoing-state.js';
import type { SideState } from '../../sides/side.js';
import { subjectOf, typed } from './advice.js';
import { counted, inMs, inNumbers } from '../terms/figures.js';
import type { NeedParts } from '../terms/need.js';
import type { ModuleRow } from '../store/module-row.js';
import { known, moments, type Condition } from './condition.js';
import type { Examined } from './finding.js';
import { bothSides, ofSide } from './of-side.js';

/* What a side sends to the other one, or should. */

/** Doctor tells of changes that nobody sends once they are so old, in ms. */
const staleMs = 10_000;
/** And of a transaction that is open for so long, in ms. */
const longTransactionMs = 60_000;

/** A gate of both sides' state, when one of them cannot be asked. Which, and what to do, is said before any gate. */
const unknown: NeedParts = {
  needs: 'both sides',
  has: 'one that cannot be asked',
  todo: 'start the other one',
};

/** Whether a module's changes go to the other side. */
export const moving = ({ phase }: ModuleRow): boolean => policies[phase].replicates.length > 0;

/** Which side has a database that was put back, in words; undefined: none. What it lets wait ends with that. */
function standingOf({ observed: { states } }: Examined): string | undefined {
  const side = sides.find((each) => (states[each]?.standpoint.standing ?? null) !== null);
  return side && `${side} is ${states[side]!.standpoint.standing}`;
}

const open = (tables: readonly BackfillState[]): BackfillState[] => tables.filter(({ done }) => !done);

/** Rows from before that are still being copied. A chunk that is on its way has no row in the outbox: a hand-off would not wait for it. */
export const backfill: Condition = {
  gate: {
    settings: [],
    measures: 'tables whose rows of before are still being copied',
    over: bothSides,
    fails: 'nothing: it holds until they are',
    before: ['to shadow', 'to shifting'],
    firm: true,
    judge: ({ observed: { states } }) => {
      const tables = states.monolith?.outgoing.backfill ?? [];
      // Without a row nothing is known of a backfill: it has not been started, so nothing was copied.
      return known(tables.length > 0 ? open(tables).length : null, 0, 'hold');
    },
    words: ({ value }) =>
      value === null
        ? { needs: 'the rows from before to be copied', has: 'none yet' }
        : { needs: 'all tables to be copied', has: `${inNumbers(value)} that are not yet` },
  },
  ...ofSide({
    measure: ({ outgoing }) => open(outgoing.backfill).length,
    message: (side, { outgoing }) =>
      `${side} is still copying its rows from before (${open(outgoing.backfill)
        .map(({ table }) => table)
        .sort()
        .join(', ')})`,
    holdsHandOff: true,
  }),
};

export const lag = ofSide({
  measure: ({ outgoing }) => outgoing.lagMs,
  limit: ({ lagMs }) => lagMs,
  message: (side, { outgoing: { lagMs } }, limit) =>
    `${side} is ${Math.round(lagMs)} ms behind (limit ${limit} ms)`,
  holdsHandOff: true,
  gate: {
    settings: ['gates.lagMs'],
    measures: 'age of the oldest change that the other side does not have, in ms',
    fails: 'more than lagMs',
    before: moments,
    fold: Math.max,
    beyond: 'fail',
    words: ({ value, limit }, subject) =>
      value === null
        ? unknown
        : {
            needs: `a lag of at most ${inMs(limit)}`,
            has: inMs(value),
            todo: 'wait; if it does not fall, look for what makes it slow',
            command: typed(subject, 'doctor'),
          },
  },
});

/** Nobody sends. Of a side that is degraded, or whose database was put back, another row says what ends it. */
export const relay = ofSide({
  measure: ({ outgoing: { pending, lagMs } }) => (pending > 0 ? lagMs : 0),
  limit: () => staleMs,
  message: (side, { outgoing: { pending, lagMs } }) =>
    `${side} has sent nothing for ${Math.round(lagMs / 1_000)} s, and ${pending} changes wait`,
  doctor: (side, { outgoing }, examined) =>
    !moving(examined.row) || outgoing.degradedSince || standingOf(examined)
      ? null
      : {
          meaning: 'its relay is not running, or stands still',
          remedy: `restart the processes of the side ${side}`,
        },
});

const unnamedOf = ({ outgoing: { unnamed = 0 } }: SideState): number => unnamed;
const quarantinedOf = (state: SideState): number => state.outgoing.parked - unnamedOf(state);

/** Rows that can never be applied as they are. */
export const quarantinedGate = ofSide({
  measure: quarantinedOf,
  message: (side, state) => `${side} has ${quarantinedOf(state)} quarantined rows`,
  holdsHandOff: true,
  neverDrains: true,
  gate: {
    settings: [],
    measures: 'rows that can never be applied',
    fails: 'any',
    before: moments,
    firm: true,
    beyond: 'fail',
    words: ({ value }, subject) =>
      value === null
        ? unknown
        : {
            needs: 'no quarantined rows',
            has: inNumbers(value),
            fact: `${counted(value, 'quarantined row')} cannot be stored on the other side`,
            todo: 'see why',
            command: typed(subject, 'quarantined'),
          },
  },
  doctor: (_side, _state, { row, advice }) => {
    const subject = subjectOf(row, advice);
    return {
      meaning: 'they can never be applied as they are; they block their keys, and every hand-off',
      remedy: `see why: ${typed(subject, 'quarantined')}; mend that, and: ${typed(subject, 'quarantined', '--retry <id>')}; or forget them: ${typed(subject, 'quarantined', '--discard <id>')}`,
    };
  },
});

/** What only waits for a process of the new release holds the hand-off, and fails no step. */
export const unnamed = ofSide({
  measure: unnamedOf,
  message: (side, state) =>
    `${side} has set ${unnamedOf(state)} changes aside: the process that sends does not name their tables`,
  holdsHandOff: true,
  neverDrains: true,
  doctor: (side) => ({
    meaning: 'they wait for a process that does, and hold every hand-off until then',
    remedy: `do not discard them: start the new release on all processes of ${side}, and they are sent; what no release names any more is forgotten once its table is dropped`,
  }),
});

/** The other side does not confirm. It holds, and does not fail: the state is left by itself. */
export const degraded = ofSide({
  measure: ({ outgoing }) => (outgoing.degradedSince ? 1 : 0),
  // What was written down is the first reason; since then the other one may have come to answer.
  message: (side, { outgoing: { degradedSince, refused, reason } }) =>
    `${side} is degraded since ${degradedSince}: ${refused ?? reason ?? 'not confirmed'}`,
  holdsHandOff: true,
  gate: {
    settings: [],
    measures: 'sides whose changes are not confirmed',
    fails: 'nothing: it holds until they are',
    before: moments,
    firm: true,
    beyond: 'hold',
    words: ({ value }) =>
      value === null
        ? unknown
        : { needs: 'changes to be confirmed by the other side', has: 'some that are not (degraded)' },
  },
  doctor: (side, { outgoing: { degradedSince } }, examined) => {
    const marked = standingOf(examined);
    return {
      ...(marked && { problem: `${side} is degraded since ${degradedSince}: ${marked}` }),
      meaning: 'the other side does not confirm: writes are answered once they are stored here',
      remedy: marked
        ? 'first what is said of that database; then it ends by itself'
        : 'look at the other side and at NATS; it ends by itself',
    };
  },
});

/** Changes on their way. A hand-off drains its own buckets; before the tables go, all of them have to be there. */
export const outbox = ofSide({
  measure: ({ outgoing }) => outgoing.pending,
  message: (side, { outgoing }) => `${outgoing.pending} changes of ${side} are on their way`,
  gate: {
    settings: [],
    measures: 'changes that are on their way',
    fails: 'nothing: it holds until there are none',
    before: ['decommission'],
    firm: true,
    timely: true,
    beyond: 'hold',
    words: ({ value }) =>
      value === null ? unknown : { needs: 'no change on its way', has: inNumbers(value) },
  },
});

/** A transaction that is open for long. */
export const longTransaction = ofSide({
  measure: ({ outgoing }) => outgoing.oldestTransactionMs,
  limit: () => longTransactionMs,
  message: (side, { outgoing }) =>
    `a transaction in the database of ${side} is open for ${Math.round(outgoing.oldestTransactionMs / 1_000)} s`,
  doctor: () => ({
    meaning: 'dead outbox rows cannot be cleared away, and the relay becomes slow',
    remedy: 'end it: select pid, query from pg_stat_activity order by xact_start',
  }),
});
