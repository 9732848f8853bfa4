import { dataSourceOptions } from '#platform';
import type { Side } from 'nestjs-strangler';
import { DataSource } from 'typeorm';
import { Parcels1764000000501 } from '../../examples/shipping/0001-parcels.js';
import { moduleDatabase } from './module-database.js';
import type { TestDatabase } from './postgres.js';

/** A database of one side of the fifth module, with its tables. */
export async function parcelsDatabase(side: Side): Promise<TestDatabase> {
  const database = await moduleDatabase(side, 'create schema shipping');
  await migrateShipping(database.url);
  return database;
}

/** What `migrate` does for a module that stands in migrations/index.ts. */
async function migrateShipping(url: string): Promise<void> {
  const options = dataSourceOptions(url, { poolSize: 1 });
  const dataSource = new DataSource({ ...options, schema: 'shipping', migrations: [Parcels1764000000501] });
  await dataSource.initialize();
  await dataSource.runMigrations({ transaction: 'all' });
  await dataSource.destroy();
}
