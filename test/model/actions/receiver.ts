import { bits, type Turn } from '../action.js';
import { owned, proven } from '../ownership.js';
import {
  answers,
  nameOf,
  other,
  termOf,
  type Answer,
  type Batch,
  type Database,
  type Side,
  type State,
} from '../state.js';
import type { Rules } from '../rules.js';

/** What the receiver does with a batch or a heartbeat, in one transaction. */
export function receivers({ state, scenario, can, fault }: Turn): void {
  const { rules } = scenario;
  state.batches.forEach((batch, index) => {
    const to = other(batch.from as Side);
    const name = `batch ${termOf(batch.position)}.${batch.position % 8}`;
    can(
      'receive',
      { side: to, index },
      () => `The ${name} reaches ${nameOf(to)}.`,
      (next) => {
        next.batches.splice(index, 1);
        return receive(next, to, batch, rules);
      },
    );
    if (state.left.duplicate)
      fault(
        'receive',
        { side: to, index, again: true },
        () => `The ${name} reaches ${nameOf(to)}, and will come once more.`,
        (next) => {
          next.left.duplicate--;
          return receive(next, to, batch, rules);
        },
      );
    if (state.left.foreign)
      fault(
        'foreign database receives',
        { side: to, index },
        () => `The ${name} reaches another database that serves the module.`,
        (next) => {
          next.left.foreign--;
          next.batches.splice(index, 1);
          if (rules.identity) return reply(next, batch, 'retry');
          return reply(next, batch, 'stored');
        },
      );
  });
  if (state.left.forged) forgedBatch({ state, scenario, can, fault });
  if (state.left.foreign) foreignBatch({ state, scenario, can, fault });
}

/** A second shop on the same NATS sends what its rows are: it knows none of our writes. */
function foreignBatch({ state, scenario: { rules }, fault }: Turn): void {
  for (const to of [0, 1] as const) {
    const keys = ~owned(state.databases[to], to) & ((1 << state.databases[to].rows.length) - 1);
    if (keys === 0 || !state.databases[to].paired) continue;
    fault(
      'receive from another shop',
      { side: to },
      () => `A relay of another shop sends rows ${bits(keys)} to ${nameOf(to)}.`,
      (next) => {
        next.left.foreign--;
        if (rules.identity) return 'refused: not from its peer';
        const mine = next.databases[to];
        mine.rows = mine.rows.map((row, key) => (keys & (1 << key) ? 0 : row));
        return 'stored over the rows that are there';
      },
    );
  }
}

/** A peer that is wrong about the border, or lies, sends rows of the receiver's own buckets. */
function forgedBatch({ state, scenario: { rules }, fault }: Turn): void {
  for (const to of [0, 1] as const) {
    const keys = owned(state.databases[to], to) & ~state.databases[to].fence;
    if (keys === 0 || !state.databases[to].paired) continue;
    fault(
      'receive rows of an own bucket',
      { side: to },
      () => `A batch from the peer of ${nameOf(to)} holds rows ${bits(keys)}, which ${nameOf(to)} owns.`,
      (next) => {
        next.left.forged--;
        if (rules.derivedBuckets) return 'refused: owned here';
        const mine = next.databases[to];
        mine.rows = mine.rows.map((row, key) => (keys & (1 << key) ? 0 : row));
        return 'stored over the rows that are there';
      },
    );
  }
}

function receive(next: State, to: Side, batch: Batch, rules: Rules): string {
  const mine = next.databases[to];
  if (!mine.paired) return 'nobody listens';
  const refusal = refuse(next, to, batch, rules);
  if (refusal !== null) {
    reply(next, batch, refusal.answer);
    return refusal.why;
  }
  if (batch.life !== mine.appliedLife)
    Object.assign(mine, { appliedLife: batch.life, pruned: 0, received: [], complete: 0 });
  store(mine, batch, rules);
  reply(next, batch, 'stored');
  return 'stored';
}

interface Refusal {
  answer: Answer;
  why: string;
}

function refuse(next: State, to: Side, batch: Batch, rules: Rules): Refusal | null {
  const mine = next.databases[to];
  if (mine.standing !== 0) return { answer: 'retry', why: 'refused: this side is marked' };
  const unproven = rules.unprovenRefuses && rules.restartProof && !proven(next, to, rules);
  if (unproven || (rules.startStamp && mine.peerStart !== batch.start))
    return { answer: 'retry', why: 'refused: hello first' };
  if (batch.position <= mine.applied) return { answer: 'stale', why: 'refused: stale' };
  const sameLife = !rules.lives || batch.life === mine.appliedLife;
  if (rules.after && (sameLife ? mine.applied < batch.after : batch.after !== 0))
    return { answer: 'behind', why: 'refused: behind' };
  if (rules.derivedBuckets && (keysOf(batch) & owned(mine, to) & ~mine.fence) !== 0)
    return { answer: 'retry', why: 'refused: owned here' };
  return null;
}

const keysOf = ({ images }: Batch): number =>
  images.reduce((mask, image, key) => (image < 0 ? mask : mask | (1 << key)), 0);

function store(mine: Database, { position, parts, images, confirmed, complete }: Batch, rules: Rules): void {
  images.forEach((image, key) => {
    if (image >= 0) mine.rows[key] = image;
  });
  mine.applied = position;
  if (complete) mine.complete = 1;
  mine.pruned = Math.max(mine.pruned, confirmed);
  if (!rules.tailKept) return;
  mine.received = mine.received.filter((one) => one.position > confirmed);
  if (parts.length > 0) mine.received.push({ position, parts });
}

function reply(next: State, { position, parts, chunk, from, start }: Batch, answer: Answer): string {
  const same = next.replies.some(
    (one) => one.to === from && one.position === position && one.start === start,
  );
  if (!same) next.replies.push({ position, parts, chunk, to: from, start, answer: answers.indexOf(answer) });
  return answer === 'stored' ? 'it answers: stored' : 'refused: foreign';
}
