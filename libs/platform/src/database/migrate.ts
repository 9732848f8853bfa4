import { extractedMigrations, migrations, type Migration } from '#migrations';
import { Logger } from '@nestjs/common';
import {
  asLongAsItTakes,
  inTurns,
  lockTimeoutMs,
  migrate as migrateToolkit,
  MigrationRefused,
  olderProcessesGone,
  onlyOne,
  type Say,
} from 'nestjs-strangler/migrate';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { StartError } from 'nestjs-strangler';
import { dataSourceOptions } from './data-source-options.js';
import { withSettings } from './session-settings.js';
import { withClient } from './with-client.js';

const logger = new Logger('migrations');
const say: Say = (sentence) => logger.warn(sentence);

/** Where a database stands. The schema of a module may differ by it. */
export type DatabaseSide = 'monolith' | 'extracted';

/**
 * Brings the toolkit's schema, which the modules' commands call, and the schemas of `modules` in this database up to date: one transaction
 * a module, each with its record in a table `migrations` of its own schema. Several processes may do so at once: one works, the others wait
 * and find nothing to do. Migrations that the database has and we do not know stay: an older version may start beside a newer one, unless
 * one of them has made that impossible. @throws {StartError} then, and when older processes keep an upgrade waiting.
 */
export async function migrate(
  url: string,
  modules: readonly string[],
  side: DatabaseSide = 'monolith',
): Promise<void> {
  await withClient(url, (client) =>
    onlyOne(client, say, async () => {
      await migrateToolkit(client, { say });
      for (const module of modules) await migrateModule(client, url, module, migrationsOf(module, side));
    }),
  ).catch((error: unknown) => {
    if (error instanceof MigrationRefused) throw new StartError(error.message, { cause: error });
    throw error;
  });
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
  if (lowest) await olderProcessesGone(client, lowest, say);
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
    await inTurns(() => dataSource.runMigrations({ transaction: 'all' }), say);
  } finally {
    await dataSource.destroy();
  }
}

const nameOf = (migration: Migration): string => new migration().name ?? migration.name;
