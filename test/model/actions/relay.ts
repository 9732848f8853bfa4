import { bits, type Turn } from '../action.js';
import { beginLife, fenceAs, owned, proven } from '../ownership.js';
import { senderHolds } from '../proof.js';
import type { Rules } from '../rules.js';
import {
  answers,
  at,
  nameOf,
  other,
  sides,
  type Database,
  type Leader,
  type Part,
  type Reply,
  type Sent,
  type Side,
  type State,
} from '../state.js';
import { sawLeadership, sawStored } from '../witness.js';
import { acknowledge } from './clients.js';

const lastSeq = 7;

/** What the sender does: it leads, sends, hears answers, confirms. */
export function relays(turn: Turn): void {
  for (const side of sides) {
    leads(turn, side);
    sends(turn, side);
    timesOut(turn, side);
    confirms(turn, side);
  }
  for (const reply of turn.state.replies) hears(turn, reply);
}

/** The copy lacks what this side has sent: only an empty batch finds it out, when there is nothing else to send. */
function copyIsBehind(state: State, side: Side, rules: Rules): boolean {
  const mine = state.databases[side];
  const peer = state.databases[other(side)];
  if (!rules.after || !mine.paired || owned(mine, side) === 0) return false;
  if (mine.backfill !== 0 && mine.confirmed === 0) return false;
  return peer.applied < (state.leaders[side]?.after ?? mine.confirmed) || peer.appliedLife !== mine.life;
}

function mayLead({ state, scenario: { rules, heartbeats } }: Turn, side: Side): boolean {
  const mine = state.databases[side];
  if (!mine.paired || mine.standing !== 0 || !proven(state, side, rules)) return false;
  const something =
    mine.outbox.some(({ parked }) => !parked) ||
    (mine.backfill & owned(mine, side) & ~mine.fence) !== 0 ||
    (heartbeats && owned(mine, side) !== 0) ||
    copyIsBehind(state, side, rules);
  return something && wouldBeHeard(state, side, rules);
}

/** Nothing is learned from a batch that can only be refused; leaving these out keeps the state space small. */
function wouldBeHeard(state: State, side: Side, rules: Rules): boolean {
  const peer = state.databases[other(side)];
  const keys = state.databases[side].outbox.reduce((mask, row) => mask | (row.parked ? 0 : row.keys), 0);
  if (rules.derivedBuckets && (keys & owned(peer, other(side)) & ~peer.fence) !== 0) return false;
  if (!rules.startStamp) return true;
  if (peer.peerStart !== state.starts[side] || peer.standing !== 0) return false;
  return !rules.unprovenRefuses || proven(state, other(side), rules);
}

function leads(turn: Turn, side: Side): void {
  const { state, scenario, can, fault } = turn;
  if (!mayLead(turn, side)) return;
  const lead = (next: State): string => {
    const mine = next.databases[side];
    if (scenario.rules.leaderProves && !senderHolds(mine, next.databases[other(side)], scenario.rules)) {
      if (owned(mine, side) === 0) return 'it finds that the copy knows more than its outbox';
      fenceAs(mine);
      return 'it finds that this database was put back, and fences it';
    }
    mine.term++;
    const term = mine.term;
    next.leaders[side] = {
      term,
      seq: 0,
      start: next.starts[side],
      after: mine.confirmed,
      unconfirmed: null,
      inFlight: null,
    };
    sawLeadership(next, side, scenario, term);
    return 'leads';
  };
  const leader = state.leaders[side];
  if (!leader) return can('lead', () => `A relay of ${nameOf(side)} takes a new term.`, lead);
  if (state.left.newLeader > 0 && (leader.inFlight ?? leader.unconfirmed))
    fault(
      'new leader',
      () => `The relay of ${nameOf(side)} stops answering, and another process leads; the old one lives on.`,
      (next) => {
        next.left.newLeader--;
        next.zombies[side] = next.leaders[side];
        next.leaders[side] = null;
        return lead(next);
      },
    );
}

function sends(turn: Turn, side: Side): void {
  const { state, scenario } = turn;
  const { rules } = scenario;
  const mine = state.databases[side];
  const leader = state.leaders[side];
  if (!leader || leader.inFlight || leader.seq >= lastSeq) return;
  if (mine.standing !== 0 || !proven(state, side, rules) || !wouldBeHeard(state, side, rules)) return;
  if (state.batches.filter(({ from }) => from === side).length > 1) return;
  const ahead = leader.unconfirmed;
  const rows: Part[] = mine.outbox
    .filter(({ parked }) => !parked)
    .map(({ id, keys }) => ({ id, keys: keys & ~(ahead?.parts.find((part) => part.id === id)?.keys ?? 0) }))
    .filter(({ keys }) => keys !== 0);
  const left = mine.backfill & owned(mine, side) & ~mine.fence & ~(ahead?.chunk ?? 0);
  const chunk = left & -left;
  if (rows.length > 0) {
    offerBatch(turn, side, rows, chunk);
    if (rows.length > 1) offerBatch(turn, side, rows.slice(0, 1), chunk);
    const first = rows[0]!;
    const lowest = first.keys & -first.keys;
    if (scenario.parts && lowest !== first.keys)
      offerBatch(turn, side, [{ id: first.id, keys: lowest }], chunk);
  } else if (chunk !== 0) offerBatch(turn, side, [], chunk);
  else if (copyIsBehind(state, side, rules) || (scenario.heartbeats && leader.seq === 0 && owned(mine, side)))
    if (state.batches.every(({ from }) => from !== side)) offerBatch(turn, side, [], 0);
}

function offerBatch({ scenario: { rules }, can }: Turn, side: Side, parts: Part[], chunk: number): void {
  const what = parts.length === 0 ? (chunk ? 'chunk' : 'heartbeat') : 'batch';
  const text = parts.map(({ id, keys }) => `statement ${id}, row ${bits(keys)}`).join('; ');
  can(
    `send ${what}`,
    () =>
      `${nameOf(side)} sends a ${what}${text && ` (${text})`}${chunk ? ` with the chunk of row ${bits(chunk)}` : ''}.`,
    (next) => {
      const mine = next.databases[side];
      const leader = next.leaders[side]!;
      const position = at(leader.term, ++leader.seq);
      const keys = parts.reduce((mask, part) => mask | part.keys, chunk);
      const left = mine.backfill & owned(mine, side) & ~chunk & ~(leader.unconfirmed?.chunk ?? 0);
      next.batches.push({
        position,
        parts,
        chunk,
        from: side,
        start: leader.start,
        life: mine.life,
        after: rules.afterIsAnswered ? leader.after : mine.confirmed,
        confirmed: rules.pruneByConfirmed ? mine.confirmed : leader.after,
        last: left === 0 && chunk !== 0 ? 1 : 0,
        images: mine.rows.map((row, key) => (keys & (1 << key) ? row : -1)),
      });
      leader.inFlight = { position, parts, chunk };
      return 'sent';
    },
  );
}

const isOf = (sent: Sent | null, start: number, of: { position: number; start: number }): boolean =>
  sent?.position === of.position && start === of.start;

function timesOut({ state, can, fault }: Turn, side: Side): void {
  const leader = state.leaders[side];
  if (!leader?.inFlight) return;
  const { inFlight, start } = leader;
  const onItsWay =
    state.batches.some((batch) => batch.from === side && isOf(inFlight, start, batch)) ||
    state.replies.some((reply) => reply.to === side && isOf(inFlight, start, reply));
  const say = () => `${nameOf(side)} hears nothing in time, and will send again.`;
  if (!onItsWay)
    can('time out', say, (next) => {
      next.leaders[side]!.inFlight = null;
      return 'the answer is lost';
    });
  else if (state.left.earlyTimeout)
    fault('time out', say, (next) => {
      next.left.earlyTimeout--;
      next.leaders[side]!.inFlight = null;
      return 'the message is late';
    });
}

function confirms({ state, scenario: { rules }, can }: Turn, side: Side): void {
  const leader = state.leaders[side];
  const zombie = state.zombies[side];
  if (leader?.unconfirmed && leader.start === state.starts[side])
    can(
      'confirm',
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
    for (const row of mine.outbox) if (row.id === id && !row.parked) row.keys &= ~keys;
  mine.outbox = mine.outbox.filter((row) => row.keys !== 0);
  if (position > mine.confirmed && (parts.length > 0 || chunk !== 0)) mine.confirmed = position;
  if (mine.term === term) mine.backfill &= ~chunk;
  return 'confirmed';
}

function hears({ state, scenario, can }: Turn, reply: Reply): void {
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
    () => `${nameOf(side)}${mine ? '' : ' (a former relay)'} hears: ${answer}.`,
    (next) => {
      next.replies.splice(index, 1);
      const who = (mine ? next.leaders[side] : next.zombies[side])!;
      const sent = who.inFlight!;
      who.inFlight = null;
      if (answer === 'stored') return heardStored(next, side, who, sent);
      if (!mine) next.zombies[side] = null;
      else if (answer === 'behind') return heardBehind(next, side, who);
      else next.leaders[side] = null;
      return answer;
    },
  );

  function heardStored(next: State, to: Side, who: Leader, sent: Sent): string {
    const { rules } = scenario;
    const known = !rules.witnessFirst || sawStored(next, to, sent, who, rules);
    if (known) acknowledge(next, to, { parts: sent.parts, start: who.start }, rules);
    if (sent.parts.length > 0 || sent.chunk !== 0) who.after = sent.position;
    who.unconfirmed = mine ? sent : (who.unconfirmed ?? sent);
    return 'stored';
  }
}

function heardBehind(next: State, side: Side, { start, term }: Leader): string {
  const database = next.databases[side];
  const current = next.starts[side] === start && database.term === term && database.standing === 0;
  next.leaders[side] = null;
  if (!current || owned(database, side) === 0) return 'behind, and nothing to fill it with';
  beginLife(next, side);
  return 'behind: the copy is filled anew, as a new life';
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
