import { bits, type Turn } from '../action.js';
import { owned, proven } from '../ownership.js';
import type { Rules } from '../rules.js';
import {
  at,
  nameOf,
  other,
  sides,
  type Database,
  type OutboxRow,
  type Part,
  type Side,
  type State,
} from '../state.js';
import { sawLeadership } from '../witness.js';
import { confirms, hears, isOf } from './answers.js';

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
  if (mine.backfill === 0 && peer.complete === 0 && peer.appliedLife === mine.life) return true;
  return peer.applied < (state.leaders[side]?.after ?? mine.confirmed) || peer.appliedLife !== mine.life;
}

function mayLead({ state, scenario: { rules, heartbeats } }: Turn, side: Side): boolean {
  const mine = state.databases[side];
  if (!mine.paired || mine.standing !== 0 || !proven(state, side, rules)) return false;
  const something =
    mine.outbox.some(({ parked }) => !parked) ||
    (mine.fence === 0 && (mine.backfill & owned(mine, side)) !== 0) ||
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
    mine.term++;
    const term = mine.term;
    next.leaders[side] = {
      term,
      seq: 0,
      life: mine.life,
      start: next.starts[side],
      after: mine.confirmed,
      unconfirmed: null,
      inFlight: null,
    };
    sawLeadership(next, side, scenario, term);
    return 'leads';
  };
  const leader = state.leaders[side];
  if (!leader) return can('lead', { side }, () => `A relay of ${nameOf(side)} takes a new term.`, lead);
  if (state.left.newLeader > 0 && (leader.inFlight ?? leader.unconfirmed))
    fault(
      'new leader',
      { side },
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
  if (!leader || leader.inFlight || leader.seq >= lastSeq || leader.life !== mine.life) return;
  if (mine.standing !== 0 || !proven(state, side, rules) || !wouldBeHeard(state, side, rules)) return;
  if (state.batches.filter(({ from }) => from === side).length > 1) return;
  const ahead = leader.unconfirmed;
  const rows = mine.outbox.filter(({ parked }) => !parked).flatMap((row) => toSend(row, ahead?.parts ?? []));
  const chunk = nextChunk(mine, mine.backfill & owned(mine, side) & ~(ahead?.chunk ?? 0));
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

/** The next row, and those before it that are set aside; nothing is copied while buckets are fenced. */
function nextChunk({ fence, outbox }: Database, left: number): number {
  if (fence !== 0) return 0;
  const rows = left & ~parkedKeys(outbox);
  const next = rows & -rows;
  return rows === 0 ? left : left & (next | (next - 1));
}

const parkedKeys = (outbox: readonly OutboxRow[]): number =>
  outbox.reduce((mask, { keys, parked }) => (parked ? mask | keys : mask), 0);

/** What of a row is not on its way already. */
function toSend({ id, keys }: OutboxRow, ahead: readonly Part[]): Part[] {
  const same = ahead.filter((part) => part.id === id);
  const rest = same.reduce((left, part) => left & ~part.keys, keys);
  return rest === 0 ? [] : [{ id, keys: rest }];
}

function offerBatch({ scenario: { rules }, can }: Turn, side: Side, parts: Part[], chunk: number): void {
  const what = parts.length === 0 ? (chunk ? 'chunk' : 'heartbeat') : 'batch';
  const text = parts.map(({ id, keys }) => `statement ${id}, row ${bits(keys)}`).join('; ');
  can(
    `send ${what}`,
    { side, parts, chunk },
    () =>
      `${nameOf(side)} sends a ${what}${text && ` (${text})`}${chunk ? ` with the chunk of row ${bits(chunk)}` : ''}.`,
    (next) => {
      const mine = next.databases[side];
      const leader = next.leaders[side]!;
      const position = at(leader.term, ++leader.seq);
      const keys = parts.reduce((mask, part) => mask | part.keys, chunk & ~parkedKeys(mine.outbox));
      next.batches.push({
        position,
        parts,
        chunk,
        from: side,
        start: leader.start,
        life: mine.life,
        after: rules.afterIsAnswered ? leader.after : mine.confirmed,
        confirmed: rules.pruneByConfirmed ? mine.confirmed : leader.after,
        complete: mine.backfill === 0 ? 1 : 0,
        images: mine.rows.map((row, key) => (keys & (1 << key) ? row : -1)),
      });
      leader.inFlight = { position, parts, chunk };
      return 'sent';
    },
  );
}

function timesOut({ state, can, fault }: Turn, side: Side): void {
  const leader = state.leaders[side];
  if (!leader?.inFlight) return;
  const { inFlight, start } = leader;
  const onItsWay =
    state.batches.some((batch) => batch.from === side && isOf(inFlight, start, batch)) ||
    state.replies.some((reply) => reply.to === side && isOf(inFlight, start, reply));
  const say = () => `${nameOf(side)} hears nothing in time, and will send again.`;
  if (!onItsWay)
    can('time out', { side }, say, (next) => {
      next.leaders[side]!.inFlight = null;
      return 'the answer is lost';
    });
  else if (state.left.earlyTimeout)
    fault('time out', { side, late: true }, say, (next) => {
      next.left.earlyTimeout--;
      next.leaders[side]!.inFlight = null;
      return 'the message is late';
    });
}
