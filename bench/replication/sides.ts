import { Database } from '#strangler/database/database';
import { startCapture } from '#strangler/engine/ownership/capture';
import { Ownership } from '#strangler/engine/ownership/ownership';
import type { Side } from '#strangler/routes/phase';
import { Receiver } from '#strangler/engine/replication/apply';
import { Deliveries } from '#strangler/engine/replication/deliveries';
import type { Send } from '#strangler/engine/replication/frame';
import { Relay } from '#strangler/engine/replication/relay';
import { describeTables, type MovingModule, type MovingTable } from '#strangler/database/tables';
import { migrate } from '#platform';
import type { BenchServers } from '../servers.js';

/** A module with one table. */
export const module: MovingModule = {
  module: 'bench',
  ownership: 'by-key',
  tables: ['item'],
  routingKey: 'owner',
  transforms: {},
};

const schema = `
  create schema bench;
  create table bench.item (
    id uuid primary key, owner uuid not null, name text not null, amount bigint not null, price numeric(12, 2) not null,
    tags jsonb not null, at timestamptz not null default clock_timestamp()
  )`;

/** One side: its database and what moves. */
export interface BenchSide {
  url: string;
  database: Database;
  tables: MovingTable[];
}

/** One side of a module with one table, capture and an ownership row. */
export async function benchSide(
  servers: BenchServers,
  side: Side,
  name = `bench_replication_${side}`,
): Promise<BenchSide> {
  const url = await servers.freshDatabase(name);
  await migrate(url, []);
  const database = new Database(url);
  await database.query(schema);
  const tables = await describeTables(database, module);
  await new Ownership(database).ensure(module.module, side);
  await startCapture(database, tables);
  return { url, database, tables };
}

/** A relay from the monolith's side over `send`, with messages as large as NATS carries by default. */
export const benchRelay = ({ database, tables }: BenchSide, send: Send): Relay =>
  new Relay({
    ...{ database, module: module.module, side: 'monolith', tables, send, maxPayload: () => 1_048_576 },
    deliveries: new Deliveries(database, module.module),
  });

/** What stores the batches on the other side. */
export const benchReceiver = ({ database, tables }: BenchSide): Receiver =>
  new Receiver(database, tables, module.module);

/** Inserts so many rows into one side, as its owner. */
export const insertItems = ({ database }: BenchSide, count: number): Promise<unknown> =>
  database.query(
    `insert into bench.item (id, owner, name, amount, price, tags)
     select gen_random_uuid(), gen_random_uuid(), 'item number ' || i, i, i % 10000 / 100.0, '{"kind": "fruit", "fresh": true}'
     from generate_series(1, $1::int) i`,
    [count],
  );
