import { dataSourceOptions, openDatabase } from '#platform';
import type { Side } from 'nestjs-strangler';
import { DataSource } from 'typeorm';
import { Parcels1764000000501 } from '../../examples/shipping/0001-parcels.js';
import { absentDatabase, queryOnce, type TestDatabase } from './postgres.js';

/** A database of one side of the fifth module, with its tables. */
export async function parcelsDatabase(side: Side): Promise<TestDatabase> {
  const { url, drop } = absentDatabase();
  await openDatabase(url, [], 'a test', side);
  await migrateShipping(url);
  return { url, drop, query: (sql, params) => queryOnce(url, sql, params) };
}

/** What `migrate` does for a module that stands in migrations/index.ts. */
async function migrateShipping(url: string): Promise<void> {
  await queryOnce(url, 'create schema shipping');
  const options = dataSourceOptions(url, { poolSize: 1 });
  const dataSource = new DataSource({ ...options, schema: 'shipping', migrations: [Parcels1764000000501] });
  await dataSource.initialize();
  await dataSource.runMigrations({ transaction: 'all' });
  await dataSource.destroy();
}
