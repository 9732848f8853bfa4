import { migrate, provideDatabase } from '#platform';
import { randomBytes } from 'node:crypto';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { startCapture, stopCapture } from '#strangler/engine/ownership/capture';
import { Database } from '#strangler/database/database';
import { describeTables, type MovingModule } from '#strangler/database/tables';

/* Version 0.1.0 connected as superuser: all that its data folders hold belongs to one. */
const inventory: MovingModule = {
  module: 'inventory',
  ownership: 'by-key',
  tables: ['stock_item', 'idempotency'],
  routingKey: 'sku',
  transforms: {},
};
const modules = ['users', 'inventory', 'payments', 'orders', 'notifications'];
const role = `heir_${randomBytes(4).toString('hex')}`;
let test_: TestDatabase;
let heir: string;
let database: Database;

beforeAll(async () => {
  test_ = await freshDatabase({ asSuperuser: true });
  await test_.query(
    `drop schema strangler, limits, ${modules.join(', ')} cascade;
     create schema attic;
     create type attic.mood as enum ('fine');
     create domain attic.word as text;
     create type attic.pair as (a int, b int);
     create table attic."Odd ""name" (id bigserial, own bigint generated always as identity, mood attic.mood);
     create sequence attic.loose;
     create view attic.seen as select 1 as one;
     create materialized view attic.kept as select 1 as one;
     create function attic.twice(n int, variadic more text[]) returns int language sql as 'select 2 * n';
     create procedure attic.act() language sql as 'select 1'`,
  );
  await migrate(test_.url, modules);
  const asSuperuser = new Database(test_.url);
  await startCapture(asSuperuser, await describeTables(asSuperuser, inventory));
  await asSuperuser.close();
  heir = await provide();
  database = new Database(heir);
});
afterAll(async () => {
  await database.close();
  await test_.query(`reassign owned by ${role} to ${new URL(process.env.TEST_POSTGRES_URL!).username}`);
  await test_.query(`drop owned by ${role}; drop role ${role}`);
  await test_.drop();
});

async function provide(): Promise<string> {
  const url = new URL(test_.url);
  const password = 'it is a secret';
  await provideDatabase(test_.url, { name: url.pathname.slice(1), role, password });
  return Object.assign(url, { username: role, password }).href;
}

const others = `
  select 'class ' || oid::regclass as what from pg_class where relnamespace::regnamespace::text !~ '^pg_|^information_'
    and relowner <> current_user::regrole
  union all
  select 'function ' || oid::regprocedure from pg_proc where pronamespace::regnamespace::text !~ '^pg_|^information_'
    and proowner <> current_user::regrole
  union all
  select 'type ' || oid::regtype from pg_type where typnamespace::regnamespace::text !~ '^pg_|^information_'
    and typowner <> current_user::regrole
  union all
  select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_|^information_|^public$'
    and nspowner <> current_user::regrole`;

it('everything in it belongs to the plain role, in as many starts as you like', async () => {
  expect(await database.query(others)).toEqual([]);
  await Promise.all([provide(), provide(), provide()]);
  expect(await database.query(others)).toEqual([]);
  expect(await database.query('select rolsuper as super from pg_roles where rolname = current_user')).toEqual(
    [{ super: false }],
  );
});

it('the plain role migrates, writes, is captured, and stores the other side’s rows as a replica', async () => {
  await migrate(heir, modules);
  const tables = await describeTables(database, inventory);
  await database.query(
    `insert into strangler.ownership (module, side, extracted_below, capture, home, proven_start)
     values ('inventory', 'monolith', 0, true, strangler.home(), strangler.server_start())`,
  );
  const stock = `insert into inventory.stock_item (sku, description, price, currency, on_hand, received)
    values ($1, 'x', 1, 'GBP', 1, 1)`;
  await database.query(stock, ['A']);
  const count = 'select count(*)::int as count from strangler.outbox';
  expect(await database.query(count)).toEqual([{ count: 1 }]);
  const replica = database.withSession(
    { session_replication_role: 'replica', 'strangler.applying': 'inventory' },
    1,
  );
  await database.query('update strangler.ownership set extracted_below = 10000');
  await replica.query(stock, ['B']);
  expect(await database.query(count)).toEqual([{ count: 1 }]);
  await database.query('update strangler.ownership set extracted_below = 0, capture = false');
  await stopCapture(database, tables);
  await startCapture(database, tables);
});
