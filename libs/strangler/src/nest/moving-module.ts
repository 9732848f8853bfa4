import type { Type } from '@nestjs/common';
import type { DataSource, ObjectLiteral } from 'typeorm';
import type { Contract } from '../contract/contract.js';
import { eventTables as logTables, nameOfTable, type MovingModule } from '../database/tables.js';
import type { ModuleOptions } from './module-options.js';

/**
 * What moves with a module: its tables, its idempotency records, its sagas if it has processes, its events if it tells any. `areTold`: whether
 * modules tell events; else what is there for their sake stays. @throws for tables that are not its own.
 */
export function movingModule(
  { name: module, ownership, events }: Contract,
  options: ModuleOptions & { processes?: object | undefined },
  dataSource: DataSource,
  areTold = true,
): MovingModule {
  const { tables = [], eventTables = [], sharedTables = [], routingKey, keyExpressions = {} } = options;
  const { transforms = {}, ownerMigrations = [] } = options;
  const named = namesOf(module, tables, dataSource);
  const ofEvents = namesOf(module, eventTables, dataSource);
  requireNamed(module, named, 'eventTables', ofEvents);
  requireNamed(module, named, 'transforms', Object.keys(transforms));
  requireNamed(module, named, 'keyExpressions', Object.keys(keyExpressions));
  requireNamed(
    module,
    named,
    'ownerMigrations',
    ownerMigrations.map(({ table }) => table),
  );
  const own = [
    'idempotency',
    ...(options.processes ? ['saga'] : []),
    ...(areTold && events.length > 0 ? logTables : []),
  ];
  const shared = sharedTables.map((table) => dataSource.getMetadata(table).tablePath);
  const keys = { routingKey, keyExpressions };
  const moving = areTold ? named : named.filter((name) => !ofEvents.includes(name));
  return { module, ownership, tables: [...moving, ...own], shared, ...keys, transforms, ownerMigrations };
}

/** By the module whose events fill them: tables of the module. @throws for tables that are not its own */
export function viewsOf(
  module: string,
  { tables = [], views = {} }: Pick<ModuleOptions, 'tables' | 'views'>,
  dataSource: DataSource,
): ReadonlyMap<string, readonly string[]> {
  const named = new Map(
    Object.entries(views).map(([publisher, filled]) => [publisher, namesOf(module, filled, dataSource)]),
  );
  requireNamed(module, namesOf(module, tables, dataSource), 'views', [...named.values()].flat());
  return named;
}

const namesOf = (
  module: string,
  tables: NonNullable<ModuleOptions['tables']>,
  dataSource: DataSource,
): string[] =>
  tables.map((table) =>
    typeof table === 'string' ? nameInText(module, table) : nameOfEntity(module, table, dataSource),
  );

/** Where its entity says; else where TypeORM finds it, which is the first schema of the search path. */
function nameOfEntity(module: string, table: Type<ObjectLiteral>, dataSource: DataSource): string {
  const { schema, tableName } = dataSource.getMetadata(table);
  return nameOfTable(module, schema ?? dataSource.driver.schema ?? 'public', tableName);
}

function nameInText(module: string, text: string): string {
  const dot = text.indexOf('.');
  return dot < 0 ? text : nameOfTable(module, text.slice(0, dot), text.slice(dot + 1));
}

function requireNamed(
  module: string,
  tables: readonly string[],
  option: string,
  names: readonly string[],
): void {
  const unknown = names.find((name) => !tables.includes(name));
  if (unknown === undefined) return;
  throw new Error(
    `${option} of ${module} names the table ${unknown}; its tables are ${tables.join(', ') || 'none'}`,
  );
}
