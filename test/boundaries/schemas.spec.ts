import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { crossings } from './crossings.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
  await database.query(`
    create table users.people (id uuid primary key);
    create sequence users.numbers;
    create type users.mood as enum ('fine');
    create function users.touch() returns trigger language plpgsql as 'begin return new; end';
    create function strangler.note() returns trigger language plpgsql as 'begin return new; end';
    create table orders.bills (id uuid primary key, person uuid);
  `);
});
afterEach(() => database.drop());

it('after the migrations nothing crosses a schema', async () => {
  const tables = await database.query(`select from pg_tables where schemaname in ('users', 'orders')`);
  expect(tables.length).toBeGreaterThan(4);
  expect(await crossings(database)).toEqual([]);
});

it.each([
  [
    'a foreign key',
    'alter table orders.bills add constraint k foreign key (person) references users.people',
    'k on orders.bills',
  ],
  [
    'a foreign key back',
    'alter table users.people add constraint k foreign key (id) references orders.bills',
    'k on users.people',
  ],
  [
    'a view',
    'create view orders.named as select * from orders.bills join users.people using (id)',
    '"_RETURN" on orders.named',
  ],
  [
    'a materialized view',
    'create materialized view orders.kept as select * from users.people',
    '"_RETURN" on orders.kept',
  ],
  [
    'a trigger',
    'create trigger t before insert on orders.bills for each row execute function users.touch()',
    't on orders.bills',
  ],
  [
    'a default',
    `alter table orders.bills alter person set default (nextval('users.numbers')::text)::uuid`,
    'for orders.bills.person',
  ],
  ['a type', 'alter table orders.bills add mood users.mood', 'orders.bills.mood'],
  ['inheritance', 'create table orders.guests () inherits (users.people)', 'orders.guests'],
  [
    'a parsed function',
    'create function orders.n() returns bigint begin atomic select count(*) from users.people; end',
    'orders.n()',
  ],
  [
    'a function in text',
    `create function orders.n() returns bigint language sql as 'select count(*) from users . people'`,
    'orders.n()',
  ],
  [
    'PL/pgSQL',
    `create function orders.n() returns void language plpgsql as 'begin delete from "users".people; end'`,
    'orders.n()',
  ],
  [
    'a view on the toolkit',
    'create table strangler.t (id int); create view orders.v as select * from strangler.t',
    '"_RETURN" on orders.v',
  ],
  [
    'the toolkit',
    `create function strangler.n() returns void language sql as 'delete from orders.bills'`,
    'strangler.n()',
  ],
])('%s across two schemas is found', async (_what, ddl, found) => {
  await database.query(ddl);
  const what = (await crossings(database)).map((crossing) => crossing.what);
  expect(what).not.toEqual([]);
  expect([...new Set(what)]).toEqual([expect.stringContaining(found)]);
});

it.each([
  [
    'a foreign key in one schema',
    'alter table orders.bills add foreign key (person) references orders.bills',
  ],
  [
    'a trigger of the toolkit',
    'create trigger t before insert on orders.bills for each row execute function strangler.note()',
  ],
  ['a column named as a module', 'create view orders.v as select id as users from orders.bills'],
])('%s crosses nothing', async (_what, ddl) => {
  await database.query(ddl);
  expect(await crossings(database)).toEqual([]);
});
