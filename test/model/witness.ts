import type { Scenario } from './scenario.js';
import type { Rules } from './rules.js';
import type { Database, Leader, Part, Sent, Side, State, Witness } from './state.js';

/* What is kept outside of a database, so that it can prove a start while the peer cannot be asked. */

const nothingYet = (database: Database, start: number, term = 0): Witness => ({
  start,
  epoch: database.epoch,
  applied: database.confirmed,
  life: database.life,
  pruned: 0,
  received: [],
  term,
  mark: [],
});

export const firstWitness = ({ witness }: Scenario, database: Database): Witness | null =>
  witness === 'file' ? nothingYet(database, database.provenStart) : null;

/**
 * A batch is known to be stored: this is written down before anybody is told. False: it cannot be, for a later start has been proven
 * by what stands there, without this batch; then nobody may be told.
 */
export function sawStored(
  state: State,
  side: Side,
  sent: Sent,
  { term, start }: Leader,
  rules: Rules,
): boolean {
  const witness = state.witnesses[side];
  const { confirmed, life } = state.databases[side];
  if (!witness || witness.mark.length > 0 || (sent.parts.length === 0 && sent.chunk === 0)) return true;
  if (rules.witnessByStart && witness.start !== start) return false;
  if (witness.term !== 0 && witness.term !== term) return true;
  if (witness.life !== life) Object.assign(witness, { life, received: [], pruned: 0 });
  witness.applied = Math.max(witness.applied, sent.position);
  witness.pruned = Math.max(witness.pruned, confirmed);
  witness.received = witness.received.filter(({ position }) => position > confirmed);
  if (sent.parts.length > 0) witness.received.push({ position: sent.position, parts: sent.parts });
  return true;
}

/** A start is proven by the peer: what the peer has told is what a witness has to know. */
export function sawProof(state: State, side: Side, { witness: kind, rules }: Scenario, peer: Database): void {
  const database = state.databases[side];
  const start = state.starts[side];
  if (database.provenStart !== start) return;
  if (kind === 'clean stop' && rules.witnessSpent) state.witnesses[side] = null;
  const had = state.witnesses[side];
  // The answer may be older than what was written down since this start was proven by the witness itself.
  if (had?.start === start) return;
  if (kind !== 'file' && !(kind === 'process' && had && rules.witnessSawAll)) return;
  const { applied, appliedLife: life, pruned, received } = peer;
  const { epoch } = database;
  state.witnesses[side] = { start, epoch, applied, life, pruned, received, term: had?.term ?? 0, mark: [] };
}

/** An operator's word proves this start: a file begins anew with how the database stands; of other witnesses only the epoch counts. */
export function beginsAnew(state: State, side: Side, scenario: Scenario): void {
  const had = state.witnesses[side];
  if (scenario.witness !== 'file' || !had) return sawEpoch(state, side, scenario);
  state.witnesses[side] = nothingYet(state.databases[side], state.starts[side], had.term);
}

/** The epoch has changed: this is written down before it is answered. */
export function sawEpoch(state: State, side: Side, { witness: kind, rules }: Scenario): void {
  const witness = state.witnesses[side];
  if (!witness || witness.mark.length > 0) return;
  if (kind === 'process' && !rules.witnessSawAll) return;
  witness.epoch = state.databases[side].epoch;
}

/** A process that begins to lead remembers what it sees from here on; whoever led before has not seen all. */
export function sawLeadership(state: State, side: Side, { witness, rules }: Scenario, term: number): void {
  if (witness !== 'process' || (state.witnesses[side] && !rules.witnessSawAll)) return;
  state.witnesses[side] = nothingYet(state.databases[side], state.starts[side], term);
}

/** At a clean stop: how the database stands. */
export const stoppedAt = (database: Database): Witness => ({
  ...nothingYet(database, 0),
  mark: markOf(database),
});

const markOf = ({ epoch, below, nextId, term, life, confirmed, applied }: Database): number[] => [
  epoch,
  below,
  nextId,
  term,
  life,
  confirmed,
  applied,
];

/** Whether a database still holds what its witness has seen. It can only say yes: else the side waits for its peer. */
export function witnessAgrees(witness: Witness, database: Database, rules: Rules): boolean {
  if (witness.mark.length > 0) return witness.mark.join() === markOf(database).join();
  if (witness.epoch > database.epoch || witness.life > database.life) return false;
  if (Math.max(witness.term, witness.applied >> 3) > database.term) return false;
  return witness.life !== database.life || holds(database, witness, rules);
}

/** The comparison of the sender's side: everything that was stored is confirmed here, or still in the outbox. */
export function holds(
  { confirmed, outbox, report }: Database,
  { pruned, received }: Pick<Witness, 'pruned' | 'received'>,
  { proofReadsReport }: Rules,
): boolean {
  if (pruned > confirmed) return false;
  const here = [...outbox, ...(proofReadsReport ? report : [])];
  const has = ({ id, keys }: Part): boolean =>
    (keys & ~here.reduce((mask, row) => (row.id === id ? mask | row.keys : mask), 0)) === 0;
  return received.every(({ position, parts }) => position <= confirmed || parts.every(has));
}
