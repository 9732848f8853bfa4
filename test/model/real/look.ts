import { accepts, owned } from '../ownership.js';
import type { Rules } from '../rules.js';
import { at, givenUp, other, rolledBack, type Database, type Part, type Side, type State } from '../state.js';
import { keys, maskOf, width } from './keys.js';
import type { Leaps } from './leaps.js';

/** How a real database stands, as `model.look` tells it. */
export interface Look {
  start: string;
  accepts: boolean[];
  epoch: number;
  below: number;
  fenceFrom: number | null;
  fenceTo: number | null;
  standing: string | null;
  paired: boolean;
  provenStart: string | null;
  provenBy: string | null;
  peerStart: string | null;
  rows: number[];
  outbox: { id: number; key: string; parked: boolean }[];
  report: { id: number; key: string }[];
  nextId: number;
  term: number;
  life: number;
  confirmed: [number | null, number | null];
  degraded: boolean;
  backfill: { after: string | null; done: boolean } | null;
  applied: [number, number];
  appliedLife: number | null;
  complete: boolean;
  pruned: [number, number];
  received: { term: number; seq: number; ids: number[] }[];
}

/** A start of the model against a real one. */
export type Starts = (name: string, model: number, real: string | null) => void;

const position = ([term, seq]: readonly [number | null, number | null]): number =>
  term === null || seq === null ? 0 : at(term, seq);

/** The statement that a change belongs to. */
export const statementOf = (change: number): number => Math.floor(change / 1000);

const partsOf = (changes: readonly { id: number; key: string }[]): string =>
  merged(changes.map(({ id, key }) => ({ id: statementOf(id), keys: maskOf([key]) })));

/** Parts of the same statements together, as text. */
function merged(parts: readonly Part[]): string {
  const masks = new Map<number, number>();
  for (const { id, keys: mask } of parts) masks.set(id, (masks.get(id) ?? 0) | mask);
  return [...masks]
    .filter(([, mask]) => mask !== 0)
    .sort(([a], [b]) => a - b)
    .map(([id, mask]) => `${id}:${mask}`)
    .join(' ');
}

/** What is left to be copied: of what the side owns, what lies behind the last row. */
const backfillOf = ({
  backfill,
  below,
  side,
}: {
  backfill: Look['backfill'];
  below: number;
  side: Side;
}): number => {
  if (!backfill || backfill.done) return 0;
  const behind = keys.filter((key) => backfill.after === null || key > backfill.after);
  return maskOf(behind) & owned({ below } as Database, side);
};

/** What of a side has a counterpart in the database, but for starts: as the model says it, and as it is. */
export function both(
  state: State,
  side: Side,
  look: Look,
  { leaps, rules }: { leaps: Leaps; rules: Rules },
): [model: Record<string, unknown>, real: Record<string, unknown>] {
  const mine = state.databases[side];
  const mask = (from: number, to: number): number =>
    keys.reduce((all, _, bit) => (bit >= from && bit < to ? all | (1 << bit) : all), 0);
  const current = mine.standing === 0 && mine.provenStart === state.starts[side] && mine.paired === 1;
  const model = {
    accepts: accepts(state, side, rules),
    epoch: mine.epoch,
    below: mine.below,
    fence: mine.fence,
    standing: mine.standing,
    paired: mine.paired,
    byWitness: current ? mine.byWitness : 0,
    rows: mine.rows.join(),
    outbox: merged(mine.outbox.filter(({ parked }) => !parked)),
    parked: merged(mine.outbox.filter(({ parked }) => parked)),
    report: merged(mine.report),
    nextId: mine.nextId,
    term: mine.term,
    life: mine.life,
    confirmed: mine.confirmed,
    degraded: mine.degraded,
    backfill: mine.backfill & owned(mine, side),
    applied: mine.applied,
    appliedLife: mine.appliedLife,
    complete: mine.complete,
    pruned: mine.pruned,
    received: mine.received.map((one) => one.position).join(),
  };
  const below = look.below / width;
  const his = other(side);
  const sent = (of: readonly [number | null, number | null]): number => leaps.position(side, position(of));
  const received = (of: readonly [number, number]): number => leaps.position(his, position(of));
  const real = {
    accepts: maskOf(keys.filter((_, bit) => look.accepts[bit])),
    epoch: leaps.epochs.toModel(look.epoch),
    below,
    fence: look.fenceFrom === null ? 0 : mask(look.fenceFrom / width, look.fenceTo! / width),
    standing: look.standing === null ? 0 : look.standing === 'rolled back' ? rolledBack : givenUp,
    paired: look.paired ? 1 : 0,
    byWitness: current && look.provenBy !== 'peer' ? 1 : 0,
    rows: look.rows.join(),
    outbox: partsOf(look.outbox.filter(({ parked }) => !parked)),
    parked: partsOf(look.outbox.filter(({ parked }) => parked)),
    report: partsOf(look.report),
    nextId: look.nextId,
    term: leaps.terms[side].toModel(look.term),
    life: leaps.lives[side].toModel(look.life),
    confirmed: sent(look.confirmed),
    degraded: look.degraded ? 1 : 0,
    backfill: backfillOf({ backfill: look.backfill, below, side }),
    applied: received(look.applied),
    appliedLife: leaps.lives[his].toModel(look.appliedLife ?? -1),
    complete: look.complete ? 1 : 0,
    pruned: received(look.pruned),
    received: look.received.map(({ term, seq }) => received([term, seq])).join(),
  };
  return [model, real];
}

/** The starts that a database knows. */
export function compareStarts(state: State, side: Side, look: Look, starts: Starts): void {
  const { provenStart, peerStart } = state.databases[side];
  starts('start', state.starts[side], look.start);
  starts('provenStart', provenStart, look.provenStart);
  if (state.databases[other(side)].paired || peerStart !== 0) starts('peerStart', peerStart, look.peerStart);
}
