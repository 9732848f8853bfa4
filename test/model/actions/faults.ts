import { bits, type Turn } from '../action.js';
import { accepts, endSessions, proven } from '../ownership.js';
import {
  answeredBefore,
  copyOf,
  nameOf,
  other,
  sides,
  stages,
  waiting,
  type Side,
  type State,
} from '../state.js';
import { newStart } from '../state-codec.js';
import { reporting } from '../report-rows.js';
import { sawStored, stoppedAt } from '../witness.js';

/** Restarts, restores, rows that cannot be stored. */
export function faults(turn: Turn): void {
  for (const side of sides) {
    snapshots(turn, side);
    restores(turn, side);
    restarts(turn, side);
    parks(turn, side);
    witnessLate(turn, side);
  }
}

function snapshots({ state, scenario, fault }: Turn, side: Side): void {
  if (!state.left.snapshot || state.snapshot || !scenario.restoreOf.includes(side)) return;
  fault(
    'snapshot',
    { side },
    () => `A backup of ${nameOf(side)} is made.`,
    (next) => {
      next.left.snapshot--;
      const witness = next.witnesses[side];
      next.snapshot = {
        side,
        start: state.left.resume ? next.starts[side] : 0,
        database: copyOf(next.databases[side]),
        journal: side === 0 && next.journal ? { ...next.journal } : null,
        witness: scenario.rules.witnessOutside || !witness ? null : { ...witness },
      };
      return 'kept';
    },
  );
}

function restores({ state, scenario, fault }: Turn, side: Side): void {
  const { snapshot, left } = state;
  if (snapshot?.side !== side) return;
  const name = nameOf(side);
  const putBack = (next: State): void => {
    forgiveBeforePairing(next, side, snapshot.database.rows);
    next.databases[side] = copyOf(snapshot.database);
    next.tookOver &= ~(1 << side);
    if (side === 0)
      next.journal = snapshot.journal && { ...snapshot.journal, stage: stages.indexOf('settle') };
    if (!scenario.rules.witnessOutside) next.witnesses[side] = snapshot.witness;
    next.snapshot = null;
    endSessions(next, side);
  };
  if (left.restore)
    fault(
      'restore',
      { side },
      () => `${name} IS PUT BACK from the backup.`,
      (next) => {
        next.left.restore--;
        putBack(next);
        next.starts[side] = newStart(next);
        return 'with a new start';
      },
    );
  if (left.resume && snapshot.start === state.starts[side])
    fault(
      'resume',
      { side },
      () => `${name} IS PUT BACK from a snapshot of its memory, running.`,
      (next) => {
        next.left.resume--;
        putBack(next);
        if (scenario.rules.waitersBySession)
          for (const write of next.writes)
            if (write.side === side && write.state === waiting) write.start = 0;
        return 'with the same start';
      },
    );
}

/** What only this database had, and the backup lacks, is lost with it. */
function forgiveBeforePairing(next: State, side: Side, kept: readonly number[]): void {
  const peer = next.databases[other(side)].rows;
  next.writes.forEach(({ state }, index) => {
    const has = [...kept, ...peer].some((row) => row & (1 << index));
    if (state === answeredBefore && !has) next.forgiven |= 1 << index;
  });
}

function restarts({ state, scenario, fault }: Turn, side: Side): void {
  const { rules } = scenario;
  const restart = (next: State): string => {
    endSessions(next, side);
    next.starts[side] = newStart(next);
    return 'with a new start';
  };
  if (state.left.restart)
    fault(
      'restart',
      { side },
      () => `The server of ${nameOf(side)} restarts.`,
      (next) => {
        next.left.restart--;
        return restart(next);
      },
    );
  if (state.left.cleanStop && scenario.witness === 'clean stop')
    fault(
      'clean stop',
      { side },
      () => `${nameOf(side)} stops cleanly, writes down how it stands, and starts again.`,
      (next) => {
        next.left.cleanStop--;
        endSessions(next, side);
        next.zombies[side] = null;
        const known = !rules.witnessOfProven || proven(next, side, rules);
        next.witnesses[side] = known ? stoppedAt(next.databases[side]) : null;
        next.starts[side] = newStart(next);
        return 'with a witness';
      },
    );
}

/** A row that can never be stored as it is leaves its statement's row, at its position. */
function parks(turn: Turn, side: Side): void {
  const { state, scenario, can, fault } = turn;
  const { rules } = scenario;
  const { outbox } = state.databases[side];
  outbox.forEach((row, index) => {
    const name = nameOf(side);
    if (row.parked) discards(turn, side, index);
    if (row.parked)
      return can(
        'unpark',
        { side, index },
        () => `An operator has row ${bits(row.keys)} of statement ${row.id} at ${name} sent again.`,
        (next) => {
          next.databases[side].outbox[index]!.parked = 0;
          return 'sent again';
        },
      );
    if (!state.left.park || !accepts(state, side, rules)) return;
    const keys = row.keys & -row.keys;
    fault(
      'park',
      { side, index },
      () => `Row ${bits(keys)} of statement ${row.id} cannot be stored, and is parked at ${name}.`,
      (next) => {
        next.left.park--;
        const rows = next.databases[side].outbox;
        const rest = row.keys & ~keys;
        rows[index] = { id: row.id, keys, parked: 1 };
        if (rest !== 0) rows.splice(index + 1, 0, { id: row.id, keys: rest, parked: 0 });
        return rest === 0 ? 'the whole statement' : 'split off';
      },
    );
  });
}

function discards({ state, scenario: { rules }, fault }: Turn, side: Side, index: number): void {
  const row = state.databases[side].outbox[index]!;
  if (!state.left.discard) return;
  fault(
    'discard',
    { side, index },
    () => `An operator discards row ${bits(row.keys)} of statement ${row.id} at ${nameOf(side)}.`,
    (next) => {
      next.left.discard--;
      const mine = next.databases[side];
      mine.rows.forEach((seen, key) => {
        if (row.keys & (1 << key)) next.discarded |= seen & ~next.databases[other(side)].rows[key]!;
      });
      const discard = () => void mine.outbox.splice(index, 1);
      reporting(next, side, rules, discard, 1);
      return 'a report';
    },
  );
}

/** Where the witness is not the first to know, it is told at some later time. */
function witnessLate({ state, scenario, can }: Turn, side: Side): void {
  const sent = state.leaders[side]?.unconfirmed;
  if (scenario.rules.witnessFirst || !sent || !state.witnesses[side]) return;
  if (state.witnesses[side].applied >= sent.position) return;
  can(
    'witness synced late',
    { side },
    () => `The witness of ${nameOf(side)} is written down now.`,
    (next) => {
      sawStored(next, side, sent, next.leaders[side]!, scenario.rules);
      return 'written';
    },
  );
}
