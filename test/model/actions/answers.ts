import type { Turn } from '../action.js';
import { beginLife, owned } from '../ownership.js';
import type { Rules } from '../rules.js';
import {
  answers,
  nameOf,
  sides,
  type Database,
  type Leader,
  type Reply,
  type Sent,
  type Side,
  type State,
} from '../state.js';
import { sawStored } from '../witness.js';
import { acknowledge } from './clients.js';

/* What the sender does with answers: it tells its waiters, and confirms. */

export const isOf = (sent: Sent | null, start: number, of: { position: number; start: number }): boolean =>
  sent?.position === of.position && start === of.start;

export function confirms({ state, scenario: { rules }, can }: Turn, side: Side): void {
  const leader = state.leaders[side];
  const zombie = state.zombies[side];
  if (leader?.unconfirmed && leader.start === state.starts[side])
    can(
      'confirm',
      { side },
      () => `The relay of ${nameOf(side)} deletes what is stored from its outbox.`,
      (next) => {
        const sent = next.leaders[side]!.unconfirmed!;
        next.leaders[side]!.unconfirmed = null;
        return confirm(next.databases[side], sent, leader.term, rules);
      },
    );
  if (zombie?.unconfirmed && zombie.start === state.starts[side])
    can(
      'zombie confirms',
      { side },
      () => `The former relay of ${nameOf(side)} deletes what is stored from its outbox.`,
      (next) => {
        const { unconfirmed, inFlight } = next.zombies[side]!;
        next.zombies[side] = inFlight ? { ...zombie, unconfirmed: null } : null;
        return confirm(next.databases[side], unconfirmed!, zombie.term, rules);
      },
    );
}

function confirm(mine: Database, { position, parts, chunk }: Sent, term: number, rules: Rules): string {
  if (rules.confirmByTerm && mine.term !== term) return 'refused: it is not the current term';
  for (const { id, keys } of parts)
    mine.outbox = mine.outbox.filter((row) => {
      if (row.id !== id || row.parked) return true;
      row.keys &= ~keys;
      return row.keys !== 0;
    });
  if (position > mine.confirmed && (parts.length > 0 || chunk !== 0)) mine.confirmed = position;
  if (mine.term === term) mine.backfill &= ~chunk;
  return 'confirmed';
}

export function hears({ state, scenario, can }: Turn, reply: Reply): void {
  const side = reply.to as Side;
  const leader = state.leaders[side];
  const zombie = state.zombies[side];
  const mine = leader !== null && isOf(leader.inFlight, leader.start, reply);
  const his = zombie !== null && isOf(zombie.inFlight, zombie.start, reply);
  if ((!mine && !his) || (mine && leader.unconfirmed)) return;
  const index = state.replies.indexOf(reply);
  const answer = answers[reply.answer]!;
  can(
    mine ? 'hear' : 'zombie hears',
    { side, index },
    () => `${nameOf(side)}${mine ? '' : ' (a former relay)'} hears: ${answer}.`,
    (next) => {
      next.replies.splice(index, 1);
      const who = (mine ? next.leaders[side] : next.zombies[side])!;
      const sent = who.inFlight!;
      who.inFlight = null;
      if (answer === 'stored') return heardStored(next, side, who, sent);
      (mine ? next.leaders : next.zombies)[side] = null;
      return answer === 'behind' ? heardBehind(next, side, who) : answer;
    },
  );

  function heardStored(next: State, to: Side, who: Leader, sent: Sent): string {
    const { rules } = scenario;
    const known = !rules.witnessFirst || sawStored(next, to, sent, who, rules);
    if (!known) {
      (mine ? next.leaders : next.zombies)[to] = null;
      return 'stored, and it cannot be written down: nobody is told';
    }
    acknowledge(next, to, { parts: sent.parts, start: who.start }, rules);
    if (sent.parts.length === 0 && sent.chunk === 0) return 'stored: a heartbeat';
    who.after = sent.position;
    who.unconfirmed = mine ? sent : (who.unconfirmed ?? sent);
    return 'stored';
  }
}

function heardBehind(next: State, side: Side, { life }: Leader): string {
  const database = next.databases[side];
  const owns = owned(database, side) !== 0;
  if (database.life !== life || database.standing !== 0) return 'behind, and another life has begun';
  beginLife(next, side);
  return owns
    ? 'behind: the copy is filled anew, as a new life'
    : 'behind: a new life, with nothing to fill it';
}

/** Relays of before that can do nothing any more, and answers that nobody waits for. */
export function tidyRelays(state: State): void {
  for (const side of sides) {
    const zombie = state.zombies[side];
    if (!zombie) continue;
    if (zombie.unconfirmed && zombie.start !== state.starts[side]) zombie.unconfirmed = null;
    const { inFlight, start } = zombie;
    const heard =
      inFlight &&
      (state.batches.some((batch) => batch.from === side && isOf(inFlight, start, batch)) ||
        state.replies.some((reply) => reply.to === side && isOf(inFlight, start, reply)));
    if (!heard) zombie.inFlight = null;
    if (!zombie.inFlight && !zombie.unconfirmed) state.zombies[side] = null;
  }
  state.replies = state.replies.filter((reply) =>
    [state.leaders[reply.to], state.zombies[reply.to]].some(
      (who) => who && isOf(who.inFlight, who.start, reply),
    ),
  );
}
