import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import type { Settings } from '../config.js';
import { inMonolithDatabase } from '../monolith-database.js';
import { databaseFacts } from './database.js';

let database: TestDatabase;
beforeEach(async () => (database = await freshDatabase()));
afterEach(() => database.drop());

const look = (settings: Partial<Settings>) =>
  databaseFacts(
    { inDatabase: (work, say) => inMonolithDatabase(settings as Settings, say, work) },
    ['orders', 'users'],
    () => undefined,
  );

it('finds the tables of the modules, and what crosses their schemas', async () => {
  await database.query(`
    create table users.people (id uuid primary key);
    create table orders.bills (person uuid constraint crossing references users.people);
    insert into users.people values (gen_random_uuid())`);
  const facts = await look({ databaseUrl: database.url });
  const names = facts?.tables.map(({ schema, name }) => `${schema}.${name}`);
  expect(names).toEqual(expect.arrayContaining(['orders.orders', 'orders.bills', 'users.people']));
  expect(names?.some((name) => name.startsWith('payments'))).toBe(false);
  const crossing = { what: expect.stringContaining('crossing on orders.bills'), from: 'orders', to: 'users' };
  expect(facts?.crossings).toContainEqual(expect.objectContaining(crossing));
});

it('does not make a shop where there is none', async () => {
  expect(await look({ dataDir: '/nowhere/at/all' })).toBeUndefined();
});
