import { pendingAfter } from '#strangler/migrate/pending';
import { increments } from '#strangler/migrate/sql-files';
import { migrate, onlyOne } from 'nestjs-strangler/migrate';
import pg from 'pg';
import { fixtureOf, releases } from '../../fixtures/fixture.js';
import { restored } from '../../fixtures/restore.js';
import { queryOnce } from '../../support/postgres.js';
import { schemaOf } from '../../support/schema-of.js';

/* The base says once, by subject, what the increments have come to. Whoever changes one of them and not the other has made two schemas. */

const names = `select name from strangler.migrations order by "timestamp"`;
const clients: pg.Client[] = [];
const drops: (() => Promise<void>)[] = [];
let fresh: string;

beforeAll(async () => {
  fresh = await emptyDatabase();
  const client = new pg.Client({ connectionString: fresh });
  await client.connect();
  await migrate(client);
  await client.end();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
});
afterAll(async () => {
  for (const drop of drops) await drop();
});

const fail = (sentence: string): never => {
  throw new Error(sentence);
};

const emptyDatabase = (): Promise<string> => ofRelease('select');

/** With what `restored` leaves out: where the values of a column lie. */
async function ofRelease(sql: string): Promise<string> {
  const { url, drop } = await restored(sql);
  drops.push(drop);
  if (/ storage external /.test(sql))
    await queryOnce(url, 'alter table strangler.received alter ids set storage external');
  return url;
}

async function clientOf(url: string, settings = ''): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: settings });
  await client.connect();
  clients.push(client);
  return client;
}

const databases = releases().flatMap((release) =>
  (['monolith', 'inventory', 'users'] as const).flatMap((side) => {
    const sql = fixtureOf(release)[side];
    return sql === undefined ? [] : [[release, side, sql] as const];
  }),
);

it.each(databases)('what %s has left of %s comes to what the base says', async (_release, _side, sql) => {
  const url = await ofRelease(sql);
  const before = await queryOnce<{ name: string }>(url, names);
  await migrate(await clientOf(url));
  const all = await schemaOf(url);
  expect(all.length).toBeGreaterThan(300);
  expect(all).toEqual(await schemaOf(fresh));
  const after = await queryOnce(url, names);
  expect(after).toEqual(await queryOnce(fresh, names));
  expect(after.length).toBeGreaterThan(before.length);
});

it('the same is found again by a release before: it knows all that it would run', async () => {
  const { rows } = await (await clientOf(fresh)).query<{ name: string }>(names);
  const recorded = rows.map(({ name }) => name);
  expect(recorded).toEqual(expect.arrayContaining(['Commands1764000000001', 'CapturedRows1764000000021']));
  expect(recorded.length).toBe(new Set(recorded).size);
  expect(pendingAfter(new Set(recorded))).toEqual({ texts: [], names: [], lowestRelease: undefined });
});

it('a table of migrations that a process left empty is as good as none', async () => {
  const url = await emptyDatabase();
  const client = await clientOf(url);
  await client.query(`create schema strangler; create table strangler.migrations (
    id serial constraint "PK_8c82d7f526340ab734260ea46be" primary key, "timestamp" bigint not null, name varchar not null)`);
  await migrate(client);
  expect(await schemaOf(url)).toEqual(await schemaOf(fresh));
});

it('a database that has less than the first release is refused', () => {
  expect(() => pendingAfter(new Set(['Ownership1764000000002']))).toThrow(/lacks Commands1764000000001, /);
});

it('who has to go first stands in the increment', () => {
  const before = (name: string) => new Set(pendingAfter(new Set()).names.slice(0, indexOf(name)));
  const indexOf = (name: string) => pendingAfter(new Set()).names.indexOf(name);
  expect(pendingAfter(before('Releases1764000000017')).lowestRelease).toBe('0.2.0');
  expect(pendingAfter(before('Capture1764000000018')).lowestRelease).toBeUndefined();
});

it('of several at once one works, and the others find nothing to do', async () => {
  const url = await emptyDatabase();
  const several = await Promise.all(Array.from({ length: 5 }, () => clientOf(url)));
  await Promise.all(several.map((client) => migrate(client)));
  expect(await queryOnce(url, names)).toEqual(await queryOnce(fresh, names));
});

it('an increment that fails leaves the database as it was', async () => {
  const url = await ofRelease(fixtureOf('0.2.0').inventory);
  const client = await clientOf(url);
  await client.query('create table strangler.caller_key ()');
  const before = await schemaOf(url);
  await expect(migrate(client)).rejects.toMatchObject({ code: '42P07' });
  expect(await schemaOf(url)).toEqual(before);
  await client.query('drop table strangler.caller_key');
  await migrate(client);
  expect(await schemaOf(url)).toEqual(await schemaOf(fresh));
});

it('nobody cuts it off, whatever the session says, and the session is given back as it was', async () => {
  const url = await emptyDatabase();
  const client = await clientOf(url, '-c statement_timeout=7s -c lock_timeout=8s');
  const now = async () =>
    (
      await client.query<object>(`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`)
    ).rows[0];
  await onlyOne(client, fail, async () => {
    expect(await now()).toEqual({ statement: '0', lock: '0', locks: 1 });
    await migrate(client, { say: fail });
    // Whoever has begun before goes on.
    expect(await now()).toEqual({ statement: '0', lock: '0', locks: 1 });
  });
  expect(await now()).toEqual({ statement: '7s', lock: '8s', locks: 0 });
});

it('has its files in order, and each says first what it is about', () => {
  const all = increments();
  expect(all.map(({ name }) => name.slice(-13))).toEqual(all.map(({ name }) => name.slice(-13)).sort());
  expect(pendingAfter(new Set()).texts.every((text) => /^-- \w/.test(text))).toBe(true);
  expect(all.every(({ text }) => /^-- \w/.test(text()))).toBe(true);
});
