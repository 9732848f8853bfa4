import { randomBytes } from 'node:crypto';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { plainUrl } from './plain-url.js';
import { withClient } from './with-client.js';

/* On the embedded PostgreSQL each program has a database of its own, for a plain role that can do nothing else. */
const run = randomBytes(4).toString('hex');
const names = [`shop_${run}`, `inventory_${run}`] as const;
let superuser: TestDatabase;
let shop: string;
let inventory: string;

beforeAll(async () => {
  superuser = await freshDatabase({ asSuperuser: true });
  [shop, inventory] = await Promise.all([
    plainUrl(superuser.url, names[0]),
    plainUrl(superuser.url, names[1]),
  ]);
});
afterAll(async () => {
  for (const name of names) {
    await superuser.query(`drop database if exists ${name}`);
    await superuser.query(`drop owned by ${name}; drop role ${name}`);
  }
  await superuser.drop();
});

const query = (url: string, sql: string): Promise<unknown> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  });

it('its role is no superuser, runs no program, reads no file, and enters no other database', async () => {
  const attributes = 'rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls';
  expect(await query(shop, `select ${attributes} from pg_roles where rolname = current_user`)).toBe(false);
  await query(shop, 'create schema anything');
  await query(shop, 'create table anything.goes (id text)');
  await expect(query(shop, `copy anything.goes from program 'id'`)).rejects.toThrow(/permission denied/);
  await expect(query(shop, `select pg_read_file('PG_VERSION')`)).rejects.toThrow(/permission denied/);
  const strange = new URL(shop);
  strange.pathname = new URL(inventory).pathname;
  await expect(query(strange.href, 'select 1')).rejects.toThrow(/permission denied for database/);
});

it('it may store the rows of the other side as a replica', async () => {
  expect(await query(shop, 'show session_replication_role')).toBe('origin');
  await query(shop, 'set session_replication_role = replica');
});

it('who asks again gets the same, and the names of the server itself are refused', async () => {
  expect(await plainUrl(superuser.url, names[0])).toBe(shop);
  for (const name of ['postgres', 'pg_own', 'a"b'])
    await expect(plainUrl(superuser.url, name)).rejects.toThrow(`cannot have the name ${name}`);
});
