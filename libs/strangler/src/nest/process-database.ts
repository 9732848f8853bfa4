import type { DynamicModule, InjectionToken } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule, type TypeOrmModuleAsyncOptions } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { dataSourceOptionsOf } from '../database/data-source.js';

/**
 * The database of a process: a URL, or options of a TypeORM data source, or how Nest is to make those; or the token of a data source
 * that the application opens itself.
 *
 * @example
 * ```ts
 * const databases: ProcessDatabase[] = [
 *   'postgres://shop@localhost/shop',
 *   { type: 'postgres', host: 'localhost', username: 'shop', database: 'shop' },
 *   { inject: [ConfigService], useFactory: (config: ConfigService) => ({ type: 'postgres', url: config.get('DATABASE_URL') }) },
 *   getDataSourceToken('legacy'),
 * ];
 * ```
 */
export type ProcessDatabase = string | DataSourceOptions | TypeOrmModuleAsyncOptions | InjectionToken;

/** Under which token the data source is, and what opens it: nothing, where the application does. */
export interface ProcessDataSource {
  readonly token: InjectionToken;
  readonly imports: readonly DynamicModule[];
}

/** What is meant by `database`. Pure. A URL is told from a token by its `://`. */
export function dataSourceIn(database: ProcessDatabase = getDataSourceToken()): ProcessDataSource {
  if (typeof database === 'string' && database.includes('://'))
    return dataSourceIn(dataSourceOptionsOf(database));
  if (typeof database !== 'object') return { token: database as InjectionToken, imports: [] };
  const token = getDataSourceToken();
  if ('type' in database)
    return { token, imports: [TypeOrmModule.forRoot({ ...database, autoLoadEntities: true })] };
  return { token, imports: [TypeOrmModule.forRootAsync(database)] };
}
