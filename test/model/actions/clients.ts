import { bits, type Turn } from '../action.js';
import { accepts } from '../ownership.js';
import {
  acknowledged,
  answeredAlone,
  answeredBefore,
  nameOf,
  sides,
  unwritten,
  waiting,
  type Side,
  type State,
  type Write,
} from '../state.js';

/** What clients do: they write, and wait for `ack: both`. */
export function clients(turn: Turn): void {
  for (const side of sides) {
    write(turn, side);
    polls(turn, side);
    degrading(turn, side);
  }
}

function write({ state, scenario, can }: Turn, side: Side): void {
  const index = state.writes.findIndex((one) => one.state === unwritten);
  const keys = scenario.writes[index];
  if (keys === undefined || (accepts(state, side, scenario.rules) & keys) !== keys) return;
  can(
    'write',
    { side, index, keys },
    () => `A client changes row ${bits(keys)} at ${nameOf(side)} (write ${index}) and waits.`,
    (next) => {
      const database = next.databases[side];
      database.rows = database.rows.map((row, key) => (keys & (1 << key) ? row | (1 << index) : row));
      if (!database.paired) {
        next.writes[index] = settled(answeredBefore);
        return 'answered: nobody else needs it';
      }
      const id = database.nextId++;
      database.outbox.push({ id, keys, parked: 0 });
      next.writes[index] = { state: waiting, side, id, start: next.starts[side], left: keys };
      return 'captured';
    },
  );
}

/** A process that does not run the relay asks the outbox for its waiters. */
function polls({ state, scenario: { rules }, can }: Turn, side: Side): void {
  const database = state.databases[side];
  state.writes.forEach((one, index) => {
    if (one.state !== waiting || one.side !== side) return;
    if (rules.pollByStart && one.start !== state.starts[side]) return;
    const report = rules.reported ? database.report.filter(({ parked }) => parked) : [];
    const rows = [...database.outbox, ...report].filter(({ id, keys }) => id === one.id && keys & one.left);
    if (rows.length > 0 && !database.degraded && !rows.some(({ parked }) => parked)) return;
    can(
      'poll',
      { side, index },
      () => `The process of write ${index} looks for its row in the outbox of ${nameOf(side)}.`,
      (next) => {
        next.writes[index] = settled(rows.length === 0 ? acknowledged : answeredAlone);
        return rows.length === 0
          ? 'it is gone, so the write is acknowledged as stored on both sides'
          : 'it may not arrive, so the client is answered without that promise';
      },
    );
  });
}

function degrading({ state, scenario: { rules }, can, fault }: Turn, side: Side): void {
  const { paired, degraded, outbox, backfill } = state.databases[side];
  if (state.left.degrade && paired && !degraded && accepts(state, side, rules))
    fault(
      'degrade',
      { side },
      () => `The other side of ${nameOf(side)} does not confirm in time.`,
      (next) => {
        next.left.degrade--;
        next.databases[side].degraded = 1;
        return 'degraded';
      },
    );
  if (degraded && !outbox.length && !backfill)
    can(
      'recover',
      { side },
      () => `Everything of ${nameOf(side)} has arrived again.`,
      (next) => {
        next.databases[side].degraded = 0;
        return 'recovered';
      },
    );
}

/** A settled write has no other memory. */
export const settled = (state: number): Write => ({ state, side: 0, id: 0, start: 0, left: 0 });

/** The relay tells the waiters of its process what was stored. */
export function acknowledge(
  next: State,
  side: number,
  { parts, start }: { parts: readonly { id: number; keys: number }[]; start: number },
  rules: Turn['scenario']['rules'],
): void {
  next.writes.forEach((one, index) => {
    if (one.state !== waiting || one.side !== side) return;
    if (rules.replyByStart && one.start !== start) return;
    for (const { id, keys } of parts) if (id === one.id) one.left = rules.ackByPart ? one.left & ~keys : 0;
    if (one.left === 0) next.writes[index] = settled(acknowledged);
  });
}
