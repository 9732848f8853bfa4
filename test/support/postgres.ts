import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { endKept, kept, queryOnce } from './kept-connections.js';

export { queryOnce };

/** A database of its own for one test file, with every module's schema. */
export interface TestDatabase {
  readonly url: string;
  /** Runs one statement on a connection of its own, beside those under test. */
  query<T extends object>(sql: string, params?: unknown[]): Promise<T[]>;
  /** Deletes the database. @throws when someone is still connected: a pool that nobody closed. */
  drop(): Promise<void>;
}

const modules = ['users', 'inventory', 'payments', 'orders', 'notifications', 'limits'];
/** A server with much to do ends a session late. */
const lingerMs = 20_000;

/**
 * Clones the template: some 50 ms instead of running all migrations again. Its owner is a plain role; `asSuperuser` is for
 * tests of roles.
 */
export async function freshDatabase({ asSuperuser = false } = {}): Promise<TestDatabase> {
  const name = `${prefixOfRun()}${randomBytes(4).toString('hex')}`;
  await onServer(async (client) => {
    // A copy of its files costs a fifth of one that is written as changes, page by page.
    await client.query(`create database ${name} template ${await template(client)} strategy file_copy`);
  });
  const url = urlOf(name, asSuperuser ? superuserUrl() : undefined);
  return {
    url,
    query: (sql, params) => queryOnce(url, sql, params),
    drop: () => drop(name),
  };
}

/** A database of this run in which nothing was made. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const { url, drop } = absentDatabase();
  await onServer((client) => client.query(`create database ${nameOf(url)} strategy file_copy`));
  return { url, query: (sql, params) => queryOnce(url, sql, params), drop };
}

/** The database as it is now, in another place. @throws when somebody is connected to it. */
export async function copyOf(original: string): Promise<TestDatabase> {
  const { url, drop } = absentDatabase();
  await endKept(nameOf(original));
  await onServer((client) => client.query(`create database ${nameOf(url)} template ${nameOf(original)}`));
  return { url, query: (sql, params) => queryOnce(url, sql, params), drop };
}

/** A database of this run with nothing in it, not even created. */
export const absentDatabase = (): Omit<TestDatabase, 'query'> => {
  const name = `${prefixOfRun()}${randomBytes(4).toString('hex')}`;
  return { url: urlOf(name), drop: () => drop(name) };
};

/**
 * The name of the database with all migrations; made by whoever needs it first, kept until a migration changes. Not made
 * in the global set-up: that runs the code in `dist`, which may be older than the sources.
 */
async function template(client: pg.ClientBase): Promise<string> {
  const name = `template_${fingerprint()}`;
  await client.query(`select pg_advisory_lock(hashtextextended('test template', 0))`);
  const found = await client.query('select from pg_database where datname = $1', [name]);
  if (found.rowCount === 0) await makeTemplate(client, name);
  await client.query(`select pg_advisory_unlock(hashtextextended('test template', 0))`);
  return name;
}

async function makeTemplate(client: pg.ClientBase, name: string): Promise<void> {
  const unfinished = `unfinished_${name}`;
  await client.query(`drop database if exists ${unfinished} with (force)`);
  // Only here: it takes a quarter of a second of each test file to load.
  const { createDatabase, migrate } = await import('#platform');
  await createDatabase(urlOf(unfinished));
  await migrate(urlOf(unfinished), modules);
  await client.query(`alter database ${unfinished} rename to ${name}`);
  const former = await client.query<{ datname: string }>(
    `select datname from pg_database where datname ~ '^template_[0-9a-f]{12}$' and datname <> $1`,
    [name],
  );
  for (const { datname } of former.rows) await client.query(`drop database ${datname}`);
}

let known: string | undefined;
/** Of the sources of the schemas: a change of one of them makes a new template. */
const fingerprint = (): string => (known ??= fingerprintNow());

function fingerprintNow(): string {
  const hash = createHash('sha256');
  for (const folder of ['libs/strangler/sql', 'migrations']) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(sql|ts)$/.test(file),
    );
    for (const file of files.sort()) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

async function drop(name: string): Promise<void> {
  await endKept(name);
  await onServer(async (client) => {
    const left = await connectionsAfterClosing(client, name);
    // By force only then: it also wants to end autovacuum, which the role of the tests may not.
    await client.query(`drop database if exists ${name}${left > 0 ? ' with (force)' : ''}`);
    if (left > 0) throw new Error(`${left} connections to ${name} are still open: a pool was not closed`);
  });
}

/** A connection that was closed is gone at the server a little later. */
async function connectionsAfterClosing(client: pg.ClientBase, name: string): Promise<number> {
  const deadline = Date.now() + lingerMs;
  for (;;) {
    // Autovacuum has no name.
    const { rowCount } = await client.query(
      'select from pg_stat_activity where datname = $1 and usename is not null',
      [name],
    );
    if (!rowCount || Date.now() > deadline) return rowCount ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const onServer = <T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> =>
  kept(urlOf('postgres'), work);

const prefixOfRun = (): string => `test_${process.env.TEST_RUN ?? process.pid}_`;

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

const superuserUrl = (): string | undefined =>
  process.env.TEST_SUPERUSER_URL ?? process.env.TEST_POSTGRES_URL;

function urlOf(database: string, server = process.env.TEST_POSTGRES_URL): string {
  if (!server)
    throw new Error(
      'TEST_POSTGRES_URL is not set: run the tests with jest, whose global set-up starts PostgreSQL',
    );
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
