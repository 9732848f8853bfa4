import { Database } from '#strangler/database/database';
import { startCapture } from '#strangler/engine/ownership/capture';
import { Ownership } from '#strangler/engine/ownership/ownership';
import type { Side } from '#strangler/routes/phase';
import { describeTables, type MovingModule, type MovingTable } from '#strangler/database/tables';
import { freshDatabase, type TestDatabase } from './postgres.js';

/** A module of tests whose rows move: a `thing` has a name, which is its key, and parts that are deleted with it. */
export const box: MovingModule = {
  module: 'box',
  ownership: 'by-key',
  tables: ['thing', 'part'],
  routingKey: 'name',
  transforms: {},
};

const boxTables = `
  create schema box;
  create table box.thing (
    name  text   collate "C" primary key,
    count bigint not null default 0,
    note  text
  );
  create table box.part (
    name   text   collate "C" not null references box.thing on delete cascade,
    number integer not null,
    note   text,
    primary key (name, number)
  );`;

/** One side of a module: its database, its ownership row, its capture if asked for. */
export interface TestSide {
  readonly side: Side;
  readonly test: TestDatabase;
  readonly database: Database;
  readonly ownership: Ownership;
  readonly tables: MovingTable[];
  /** Runs one statement. */
  query: TestDatabase['query'];
  drop(): Promise<void>;
}

/** Makes one side of the module `box` (or of another one, with its DDL), in a database of its own unless one is given. */
export async function openSide(
  side: Side,
  { capture = true, module = box, ddl = boxTables, test: given = undefined as TestDatabase | undefined } = {},
): Promise<TestSide> {
  const test = given ?? (await freshDatabase());
  const database = new Database(test.url, { max: 3 });
  const ownership = new Ownership(database);
  await database.query(ddl);
  await ownership.ensure(module.module, side);
  const tables = await describeTables(database, module);
  if (capture) await startCapture(database, tables);
  return {
    side,
    test,
    database,
    ownership,
    tables,
    query: (sql, params) => database.query(sql, params),
    drop: async () => {
      await database.close();
      await test.drop();
    },
  };
}
