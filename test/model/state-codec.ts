import { bag, list, nullable, num, Reader, start, struct, Writer, type Codec } from './codec.js';

import type {
  Answered,
  Batch,
  Budget,
  Database,
  HandOff,
  Late,
  Leader,
  OutboxRow,
  Part,
  Received,
  Reply,
  Reported,
  Sent,
  Snapshot,
  State,
  Witness,
  Write,
} from './state.js';

/* How a state is written as bytes. */

const pair = <T>(of: Codec<T>): Codec<[T, T]> => list(of) as unknown as Codec<[T, T]>;
const part = struct<Part>({ id: num, keys: num });
const sent = { position: num, parts: list(part), chunk: num };
const received = struct<Received>({ position: num, parts: list(part) });

const databaseCodec = struct<Database>({
  epoch: num,
  below: num,
  fence: num,
  standing: num,
  paired: num,
  provenStart: start,
  byWitness: num,
  peerStart: start,
  rows: list(num),
  outbox: list(struct<OutboxRow>({ id: num, keys: num, parked: num })),
  report: bag(struct<Reported>({ id: num, keys: num, parked: num })),
  nextId: num,
  term: num,
  life: num,
  confirmed: num,
  backfill: num,
  degraded: num,
  applied: num,
  appliedLife: num,
  complete: num,
  pruned: num,
  received: list(received),
});
const leader = struct<Leader>({
  term: num,
  seq: num,
  life: num,
  start,
  after: num,
  unconfirmed: nullable(struct<Sent>(sent)),
  inFlight: nullable(struct<Sent>(sent)),
});
const handOff = struct<HandOff>({
  from: num,
  epoch: num,
  oldBelow: num,
  newBelow: num,
  stage: num,
  fromStart: start,
  toStart: start,
  after: num,
  life: num,
});
const witness = struct<Witness>({
  start,
  epoch: num,
  applied: num,
  life: num,
  pruned: num,
  received: list(received),
  term: num,
  mark: list(num),
});
const budget = struct<Budget>({
  snapshot: num,
  restore: num,
  resume: num,
  restart: num,
  cleanStop: num,
  handOff: num,
  newLeader: num,
  late: num,
  lateHello: num,
  degrade: num,
  park: num,
  foreign: num,
  forged: num,
  discard: num,
  duplicate: num,
  failover: num,
  earlyTimeout: num,
});

const codec = struct<State>({
  starts: pair(start),
  databases: pair(databaseCodec),
  leaders: pair(nullable(leader)),
  zombies: pair(nullable(leader)),
  proofs: pair(
    nullable(
      struct<Answered>({ known: num, start, peerStart: start, peerStartBefore: start, peer: databaseCodec }),
    ),
  ),
  witnesses: pair(nullable(witness)),
  writes: list(struct<Write>({ state: num, side: num, id: num, start, left: num })),
  batches: bag(
    struct<Batch>({
      ...sent,
      from: num,
      start,
      life: num,
      after: num,
      confirmed: num,
      complete: num,
      images: list(num),
    }),
  ),
  replies: bag(struct<Reply>({ ...sent, to: num, start, answer: num })),
  journal: nullable(handOff),
  late: bag(struct<Late>({ command: num, side: num, plan: handOff })),
  lateHellos: bag(struct<{ side: number; start: number }>({ side: num, start })),
  snapshot: nullable(
    struct<Snapshot>({
      side: num,
      start,
      database: databaseCodec,
      journal: nullable(handOff),
      witness: nullable(witness),
    }),
  ),
  left: budget,
  forgiven: num,
  tookOver: num,
  discarded: num,
});

const writer = new Writer();

/** The canonical bytes of a state; valid until the next call. */
export function encode(state: State): Uint8Array {
  writer.reset();
  codec.write(state, writer);
  return writer.bytes.subarray(0, writer.length);
}

export const decode = (bytes: Uint8Array): State => codec.read(new Reader(bytes));

/** A start that no other one is equal to. */
export function newStart(state: State): number {
  encode(state);
  return writer.top + 1;
}
