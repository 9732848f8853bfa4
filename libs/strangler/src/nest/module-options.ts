import type { ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { ObjectLiteral } from 'typeorm';
import type { KeyExpression, OwnerMigration, Transform } from '../database/tables.js';

/**
 * What a module brings, whatever its contract is made of.
 *
 * @example
 * ```ts
 * const options: ModuleOptions = { tables: [Session], imports: [OrdersModule], routingKey: 'user_id' };
 * ```
 */
export interface ModuleOptions {
  /**
   * The module's tables, in whatever schema they stand. Their repositories, injected into the service, work in the running command's
   * transaction. One without an entity, such as a join table, is named: `public.book_author`, or `book_author` in the schema that bears the
   * module's name. Left out: the module has none that move. If its contract has queries alone it needs nothing in the database then, and
   * stays where it is.
   */
  tables?: readonly (Type<ObjectLiteral> | string)[];
  /**
   * Tables that others write as well, in whatever schema: an application that is being replaced, for instance. Their repositories work as
   * those of `tables`. No fence can hold such writers, so the module stays where it is until the tables are its own.
   */
  sharedTables?: readonly Type<ObjectLiteral>[];
  /** Name of the data source, where it is not the application's default one. */
  dataSource?: string;
  /** Modules whose providers the service injects. */
  imports?: ModuleMetadata['imports'];
  /** The column of these tables that holds the routing key; none when the module has one owner as a whole. */
  routingKey?: string;
  /**
   * By table: SQL for the routing key of a row, where it is no column named `routingKey`. Of the row's own columns alone, and immutable;
   * callers give the same text as the key of their calls.
   *
   * @example
   * { tables: [User], keyExpressions: { 'public.users': (row) => `lower(${row}.email collate "C")` } }
   */
  keyExpressions?: Readonly<Record<string, KeyExpression>>;
  /**
   * By table: how rows become those of the other side, where its columns differ. A table is named with its schema, `public.books`, unless
   * that bears the module's name.
   */
  transforms?: Readonly<Record<string, Transform>>;
  /** Changes of rows that are there, each made by the side that owns the row. Run at every start, in this order, once. */
  ownerMigrations?: readonly OwnerMigration[];
  /**
   * By the module whose events they are made of: tables that its events, and nothing else, fill. An operator may have them built anew
   * (`events replay`): they are emptied, and all commands that are called for that module's events run again.
   *
   * @example
   * { tables: [CustomerRow, OrderCount], views: { orders: [OrderCount] } }
   */
  views?: Readonly<Record<string, readonly (Type<ObjectLiteral> | string)[]>>;
  /**
   * Those of its tables that it has for the sake of events. While nothing is told (`events: 'off'`) they do not move with it, for the other side
   * may be of a release that has not got them; nobody may write them then (`Events.areTold`).
   *
   * @example
   * { tables: [OrderRow, CustomerRow], eventTables: [CustomerRow] }
   */
  eventTables?: readonly (Type<ObjectLiteral> | string)[];
  /** What else the service injects. */
  providers?: Provider[];
}
