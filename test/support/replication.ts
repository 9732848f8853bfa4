import { recording } from '#strangler/engine/ownership/captured';
import { otherSide, type Side } from '#strangler/routes/phase';
import { Receiver } from '#strangler/engine/replication/apply';
import { startBackfill } from '#strangler/engine/replication/backfill';
import { Deliveries } from '#strangler/engine/replication/deliveries';
import { decodeFrame, type ApplyReply, type Send } from '#strangler/engine/replication/frame';
import { Outgoing } from '#strangler/engine/replication/outgoing';
import { Relay, type RelayOptions } from '#strangler/engine/replication/relay';
import type { Receives } from '#strangler/sides/transport';
import type { MovingModule, MovingTable } from '#strangler/database/tables';
import { openSide, type TestSide } from './moving.js';
import { pairDirectly } from './pairing.js';
import { until } from './until.js';

/** A module of no shop: `fruit`, with a table by its key and one with unique names. */
export const fruit: MovingModule = {
  module: 'fruit',
  ownership: 'by-key',
  tables: ['basket', 'label'],
  routingKey: 'owner',
  transforms: {},
};

const schema = `
  create schema fruit;
  create table fruit.basket (id bigint primary key, owner text not null, content text, weight numeric);
  create table fruit.label (id uuid primary key, owner text not null, name text not null, shown boolean not null default true);
  create unique index label_name on fruit.label (owner, lower(name)) where shown;
`;

/** One side, with what a process on it has. */
export interface ReplicaSide extends TestSide {
  readonly receiver: Receiver;
  readonly outgoing: Outgoing;
  /** What it does with what the other side sends, and where it is addressed. */
  readonly receives: Receives;
  place(): Promise<{ module: string; side: Side; database: string }>;
  /** All rows of a table as text, in order. */
  rows(table: string): Promise<string[]>;
}

/** Both sides of a module, with capture and ownership rows: the monolith owns all. */
export interface Replicas {
  readonly monolith: ReplicaSide;
  readonly extracted: ReplicaSide;
  /** A relay from one side to the other, by a direct call unless `send` is given. It is stopped with the test. */
  relay(options?: Partial<RelayOptions> & { from?: Side }): Relay;
  /** Deliveries of one side; closed with the test. */
  deliveries(side?: Side): Deliveries;
  backfill(): Promise<void>;
  /** Waits until the outbox is empty and the backfill is done. */
  drained(from?: Side): Promise<void>;
  /** Stops every relay, empties all tables and forgets all progress. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function replicas(
  module: MovingModule = fruit,
  ddl: string | { monolith: string; extracted: string } = schema,
): Promise<Replicas> {
  const ddls = typeof ddl === 'string' ? { monolith: ddl, extracted: ddl } : ddl;
  const [monolith, extracted] = await Promise.all([
    openReplica('monolith', module, ddls.monolith),
    openReplica('extracted', module, ddls.extracted),
  ]);
  const sides = { monolith, extracted };
  const databases = { monolith: monolith.database, extracted: extracted.database };
  await pairDirectly(module.module, databases);
  const relays: Relay[] = [];
  const heard: Deliveries[] = [];
  const deliveries = (side: Side = 'monolith') => {
    const made = new Deliveries(sides[side].database, module.module);
    heard.push(made);
    return made;
  };
  const stopAll = async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await Promise.all(heard.splice(0).map((made) => made.close()));
  };
  return {
    ...sides,
    deliveries,
    relay: ({ from = 'monolith', ...options } = {}) => {
      const relay = new Relay({
        database: sides[from].database,
        module: module.module,
        side: from,
        tables: sides[from].tables,
        send: (frame) => sides[otherSide(from)].receiver.apply(frame),
        deliveries: options.deliveries ?? deliveries(from),
        maxPayload: () => 1_048_576,
        ...options,
      });
      relays.push(relay);
      relay.start();
      return relay;
    },
    backfill: () => startBackfill(monolith.database, module.module, monolith.tables),
    drained: async (from = 'monolith') => {
      await until('the outbox is empty and the backfill done', async () => {
        const { pending, backfill } = await sides[from].outgoing.outgoing();
        return pending === 0 && backfill.every(({ done }) => done) ? true : undefined;
      });
    },
    reset: async () => {
      await stopAll();
      for (const { test, tables } of Object.values(sides)) {
        await test.query(`set session_replication_role = replica; ${emptied(tables)}`);
        // These triggers are what is believed from here on: they were off, and nothing was written that is missing.
        await test.query(tables.map((table) => recording(table)).join('\n'));
        await test.query(
          'truncate strangler.outbox, strangler.backfill, strangler.applied, strangler.relay, strangler.received, strangler.given_up',
        );
      }
      await pairDirectly(module.module, databases);
    },
    close: async () => {
      await stopAll();
      for (const side of Object.values(sides)) await side.drop();
    },
  };
}

/** Apart from capture, which refuses a truncate. */
const emptied = (tables: readonly MovingTable[]): string =>
  tables
    .map(
      ({
        sql,
      }) => `alter table ${sql} disable trigger user; delete from ${sql}; alter table ${sql} enable always trigger strangler_insert;
      alter table ${sql} enable always trigger strangler_update; alter table ${sql} enable always trigger strangler_delete;
      alter table ${sql} enable always trigger strangler_truncate; alter table ${sql} enable always trigger strangler_key;`,
    )
    .join('\n');

async function openReplica(side: Side, module: MovingModule, ddl: string): Promise<ReplicaSide> {
  const opened = await openSide(side, { module, ddl });
  const { database, tables } = opened;
  const receiver = new Receiver(database, tables, module.module);
  return {
    ...opened,
    receiver,
    receives: {
      apply: (frame) => receiver.apply(frame),
      answer: () => Promise.reject(new Error('nobody is to ask here')),
    },
    place: async () => {
      const [row] = await database.query<{ id: string }>('select strangler.database_id() as id');
      return { module: module.module, side, database: row!.id };
    },
    outgoing: new Outgoing(database, module.module),
    rows: async (table) => {
      const rows = await database.query<{ row: string }>(
        `select t::text as row from ${module.module}.${table} t order by t::text collate "C"`,
      );
      return rows.map(({ row }) => row);
    },
  };
}

/** A way to the other side that a test can hold, and that tells what went through it. */
export interface HeldSend {
  readonly send: Send;
  /** Frames that wait. */
  readonly held: { frame: Uint8Array; deliver: () => Promise<ApplyReply>; drop: () => void }[];
  /** Whether frames wait from now on, or pass. */
  hold: boolean;
}

/** With the first one, which is empty, a leader says that it leads. */
function isFirstOfALeader(frame: Uint8Array): boolean {
  const { seq, parts } = decodeFrame(frame);
  return seq === 1 && parts.length === 0;
}

export function heldSend(receiver: Pick<Receiver, 'apply'>): HeldSend {
  const way: HeldSend = {
    hold: true,
    held: [],
    send: (frame) => {
      if (!way.hold || isFirstOfALeader(frame)) return receiver.apply(frame);
      return new Promise((resolve, reject) => {
        way.held.push({
          frame,
          deliver: async () => {
            const reply = await receiver.apply(frame);
            resolve(reply);
            return reply;
          },
          drop: () => reject(new Error('no answer')),
        });
      });
    },
  };
  return way;
}
