import { extractedMigrations, migrations, type Migration } from '#migrations';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source-options.js';
import { assertAdmitted, olderProcessesGone } from './older-processes.js';
import { endsWithItsProcess, withSettings } from './session-settings.js';
import { withClient } from './with-client.js';

/** The toolkit's own schema comes first: the modules' commands call its functions. */
const toolkit = 'strangler';

/** How long a lock is waited for, and the pause in which others have their turn, in ms. */
const lockTimeoutMs = 2_000;
const pauseMs = 1_000;
const mostTries = 20;
const lockNotAvailable = '55P03';

const lock = `hashtextextended('strangler migrations', 0)`;
/** How often a process that waits for the lock looks, in ms, and after how many looks it says for whom it waits. */
const lookMs = 250;
const triesUntold = 20;

/** Of the sessions here, whatever the role says: with limits of a role they would be cut off in the middle, at each start anew. */
const asLongAsItTakes = {
  statement_timeout: 0,
  lock_timeout: 0,
  idle_session_timeout: 0,
  idle_in_transaction_session_timeout: 0,
  ...endsWithItsProcess,
};

const logger = new Logger('migrations');

/** Where a database stands. The schema of a module may differ by it. */
export type DatabaseSide = 'monolith' | 'extracted';

/**
 * Brings the schemas of `modules` in this database up to date, one transaction a module, each with its record in a table
 * `migrations` of its own schema. Several processes may do so at once: one works, the others wait and find nothing to do.
 * Migrations that the database has and we do not know stay: an older version may start beside a newer one, unless one of them has
 * made that impossible. @throws {StartError} then, and when older processes keep an upgrade waiting.
 */
export async function migrate(
  url: string,
  modules: readonly string[],
  side: DatabaseSide = 'monolith',
): Promise<void> {
  await withClient(withSettings(url, { always: asLongAsItTakes }), async (client) => {
    await beTheOne(client);
    await assertAdmitted(client);
    for (const module of [toolkit, ...modules]) {
      await migrateModule(client, url, module, migrationsOf(module, side));
    }
  });
}

/**
 * Waits until no other process migrates. The lock is held by this session, not by a transaction: it lasts over all the transactions that
 * follow, and ends with us.
 */
async function beTheOne(client: pg.Client): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { rows } = await client.query<{ won: boolean }>(`select pg_try_advisory_lock(${lock}) as won`);
    if (rows[0]?.won) return;
    if (tries % triesUntold === 0)
      logger.warn(`migrations wait for another process that is at them: ${await holder(client)}`);
    await sleep(lookMs);
  }
}

async function holder(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select format('%s (%s, session %s)', a.application_name, coalesce(host(a.client_addr), 'local'), a.pid) as who
     from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.database = a.datid and a.datname = current_database()
       and (l.classid::bigint << 32) | l.objid::bigint = ${lock}`,
  );
  return rows[0]?.who ?? 'it has just ended';
}

function migrationsOf(module: string, side: DatabaseSide): readonly Migration[] {
  const known = migrations[module];
  if (!known) throw new Error(`no migrations are known for the module ${module}`);
  return side === 'monolith' ? known : [...known, ...(extractedMigrations[module] ?? [])];
}

async function migrateModule(
  client: pg.Client,
  url: string,
  module: string,
  known: readonly Migration[],
): Promise<void> {
  await client.query(`create schema if not exists ${pg.escapeIdentifier(module)}`);
  // Looked up by hand, because TypeORM needs a pool and some 20 queries to find that there is nothing to do.
  const done = await recorded(client, module);
  const pending = known.filter((migration) => !done.has(nameOf(migration)));
  if (pending.length === 0) return;
  const lowest = pending.map((migration) => new migration().lowestRelease).findLast(Boolean);
  if (lowest) await olderProcessesGone(client, lowest);
  await run(url, module, known);
}

async function recorded(client: pg.Client, module: string): Promise<ReadonlySet<string>> {
  const table = `${pg.escapeIdentifier(module)}.migrations`;
  const found = await client.query<{ here: boolean }>('select to_regclass($1) is not null as here', [table]);
  if (!found.rows[0]?.here) return new Set();
  const { rows } = await client.query<{ name: string }>(`select name from ${table}`);
  return new Set(rows.map((row) => row.name));
}

async function run(url: string, module: string, known: readonly Migration[]): Promise<void> {
  const options = dataSourceOptions(url, { poolSize: 1 });
  const dataSource = new DataSource({
    ...options,
    // A migration may take as long as it needs, but not let those queue up for long who come after it for the same table.
    url: withSettings(options.url, { always: { ...asLongAsItTakes, lock_timeout: lockTimeoutMs } }),
    schema: module,
    migrations: [...known],
    migrationsTableName: 'migrations',
    // Left to the URL: what is 0 here, pg does not say to the server.
    extra: {
      ...options.extra,
      statement_timeout: 0,
      query_timeout: 0,
      idle_in_transaction_session_timeout: 0,
    },
  });
  await dataSource.initialize();
  try {
    await patiently(() => dataSource.runMigrations({ transaction: 'all' }));
  } finally {
    await dataSource.destroy();
  }
}

/** Tries again while somebody else holds a lock on a table. @throws the last error, with 55P03. */
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable || tries === mostTries) throw error;
      logger.warn(
        `a migration waits for a table that a long transaction holds (try ${tries} of ${mostTries})`,
      );
      await sleep(pauseMs);
    }
  }
}

const nameOf = (migration: Migration): string => new migration().name ?? migration.name;
