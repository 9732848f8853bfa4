import { dataSourceOptions, migrate } from '#platform';
import { DataSource } from 'typeorm';
import type { MovingModule } from '#strangler/database/tables';
import type { BenchServers } from '../servers.js';

/** A module like the shop's: a sale changes one row and adds another. */
export const depot: MovingModule = {
  module: 'depot',
  ownership: 'by-key',
  tables: ['stock', 'movement', 'idempotency'],
  routingKey: 'sku',
  transforms: {},
};

/** How many things there are in a depot. */
const skus = 1_000;

const schema = `
  create schema depot;
  create table depot.stock (
    sku         text   collate "C" primary key,
    description text   not null,
    price       bigint not null check (price >= 0),
    on_hand     bigint not null check (on_hand >= 0),
    sold        bigint not null default 0 check (sold >= 0),
    received    bigint not null,
    constraint stock_is_conserved check (on_hand + sold = received)
  );
  create table depot.movement (
    id       uuid   primary key,
    sku      text   collate "C" not null,
    quantity bigint not null,
    price    bigint not null,
    at       timestamptz not null default now()
  );`;

const fill = `
  insert into depot.stock (sku, description, price, on_hand, received)
  select 'SKU-' || n, 'thing number ' || n, n, 1000000000, 1000000000 from generate_series(1, $1::int) n`;

/** The statements of a sale: $1 and $2 of `take` are the SKU and the quantity, $1 of `note` is a new id. */
export const sale = {
  take: 'update depot.stock set on_hand = on_hand - $2, sold = sold + $2 where sku = $1',
  note: 'insert into depot.movement (id, sku, quantity, price) values ($1, $2, $3, 250)',
};

/** One of the things, at random. */
export const anySku = (): string => `SKU-${1 + Math.floor(Math.random() * skus)}`;

/** Makes a database with the depot in it, and the toolkit's own tables. Resolves with its URL. */
export async function makeDepot(
  servers: Pick<BenchServers, 'freshDatabase'>,
  name: string,
  how: { full: boolean },
): Promise<string> {
  const url = await servers.freshDatabase(name);
  await migrate(url, []);
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    await dataSource.query(schema);
    const runner = dataSource.createQueryRunner();
    await runner.query(`select strangler.create_idempotency_table('depot')`);
    await runner.release();
    if (how.full) await dataSource.query(fill, [skus]);
    return url;
  } finally {
    await dataSource.destroy();
  }
}
