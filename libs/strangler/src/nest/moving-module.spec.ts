import { Length } from 'class-validator';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { contract } from '../contract/contract.js';
import { event } from '../contract/event.js';
import { command } from '../contract/operation-kinds.js';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { dataSourceOptionsOf } from '../database/data-source.js';
import { Agents } from '../sides/agents.js';
import { Routes } from '../routes/routes.js';
import type { ModuleOptions } from './module-options.js';
import { movingModule } from './moving-module.js';

/*
 * Which tables are a module's: what would go wrong is that its rows are looked for in another schema than TypeORM writes them to, or that a
 * name in an option means no table at all and nobody says so.
 */
class Named {
  @Length(1, 50) name: string;
}
const shelf = (name: string) =>
  contract(name, {
    ownership: 'by-key',
    operations: { put: command({ input: Named, output: Named, key: 'name' }) },
  });

const lent = event('shelf.lent', { data: Named, key: 'name' });

@Entity({ name: 'book' })
class Book {
  @PrimaryColumn('text') name: string;
}
@Entity({ schema: 'shelf', name: 'loan' })
class Loan {
  @PrimaryColumn('text') name: string;
  @Column('text') note: string;
}
@Entity({ schema: 'old', name: 'book' })
class OldBook {
  @PrimaryColumn('text') name: string;
}

let test_: TestDatabase;
const sources: DataSource[] = [];
beforeAll(async () => {
  test_ = await freshDatabase();
});
afterAll(async () => {
  for (const source of sources) await source.destroy();
  await test_.drop();
});

async function moving(
  options: ModuleOptions,
  { searchPath = 'public', name = 'shelf', areTold = true, tells = false } = {},
) {
  const made = dataSourceOptionsOf(`${test_.url}?options=-csearch_path%3D${searchPath}`);
  const source = new DataSource({ ...made, entities: [Book, Loan, OldBook] });
  sources.push(await source.initialize());
  return movingModule({ ...shelf(name), events: tells ? [lent] : [] }, options, source, areTold);
}

it('they stand where TypeORM writes them', async () => {
  await test_.query('create schema mine');
  expect((await moving({ tables: [Book, Loan, OldBook] })).tables).toEqual([
    'public.book',
    'loan',
    'old.book',
    'idempotency',
  ]);
  expect((await moving({ tables: [Book] }, { searchPath: 'mine' })).tables).toEqual([
    'mine.book',
    'idempotency',
  ]);
});

it('one without an entity is named, in its own schema or in another one', async () => {
  const { tables } = await moving({ tables: ['book_author', 'shelf.tag', 'public.shelf.mark', Loan] });
  expect(tables).toEqual(['book_author', 'tag', 'public.shelf.mark', 'loan', 'idempotency']);
});

it('what it has for the sake of events moves while modules tell them, and else stays', async () => {
  const options = { tables: [Book, Loan], eventTables: [Loan] };
  const told = await moving(options, { tells: true });
  expect(told.tables).toEqual([
    'public.book',
    'loan',
    'idempotency',
    'event',
    'event_stream',
    'event_cursor',
  ]);
  const quiet = await moving(options, { tells: true, areTold: false });
  expect(quiet.tables).toEqual(['public.book', 'idempotency']);
});

it('an option that names no table of the module is refused', async () => {
  await expect(moving({ tables: [Book], eventTables: [Loan] })).rejects.toThrow(
    'eventTables of shelf names the table loan; its tables are public.book',
  );
  const transforms = { book: { toExtracted: {}, toMonolith: {} } };
  await expect(moving({ tables: [Book], transforms })).rejects.toThrow(
    'transforms of shelf names the table book; its tables are public.book',
  );
  const ownerMigrations = [{ name: 'one', table: 'loans', set: 'note = 1', where: 'true' }];
  await expect(moving({ tables: [Loan], ownerMigrations })).rejects.toThrow(
    'ownerMigrations of shelf names the table loans; its tables are loan',
  );
});

it('a table that two modules name is refused: it would be captured for the last one alone', async () => {
  const agents = new Agents('monolith', undefined, new Routes());
  const mine = await moving({ tables: [Book, Loan] });
  agents.add(mine, sources[0]!);
  agents.add(mine, sources[0]!);
  const theirs = await moving({ tables: [OldBook, 'public.book'] }, { name: 'archive' });
  expect(() => agents.add(theirs, sources[0]!)).toThrow(
    'the table "public"."book" is named by shelf and by archive: it moves with one of them, and the other one asks that one',
  );
  await agents.stop();
});
