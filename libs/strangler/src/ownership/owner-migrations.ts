import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Queryable } from '../database.js';
import { pkOrder, comparePk, samePk } from '../replication/row-sql.js';
import type { MovingModule, MovingTable, OwnerMigration } from '../tables.js';
import { enterUnhurried, inPiece, type PieceEnd } from './unhurried.js';

/** How often a piece is tried again that had to wait, in ms, and for how long at a time. */
const pauseMs = 20;
const turnMs = 400;

/** Rows looked at in one piece: it fits one row of the outbox, and one batch. */
const pieceRows = 200;

interface Progress {
  after: string[] | null;
  found: number;
  epoch: number;
  done: boolean;
}

/** What a turn has come to. */
export interface Turn {
  /** Migrations that are done for the owners of now. */
  ended: string[];
  /** The one that it has stopped at, and how far that is: another text when any process has got on with it; null: none is left. */
  open: { name: string; place: string } | null;
}

/** Does what is left of a module's migrations, one after the other, for a moment. */
export async function takeTurn(
  database: Database,
  { module, ownerMigrations = [] }: MovingModule,
  tables: readonly MovingTable[],
): Promise<Turn> {
  const until = performance.now() + turnMs;
  const ended: string[] = [];
  for (const { migration, table } of await unfinished(database, module, ownerMigrations, tables)) {
    let end: PieceEnd = 'more';
    while (end !== 'done' && performance.now() < until) {
      end = await migratePiece(database, migration, table);
      if (end === 'later') await sleep(pauseMs);
    }
    if (end !== 'done') return { ended, open: await placeOf(database, module, migration.name) };
    ended.push(migration.name);
  }
  return { ended, open: null };
}

async function placeOf(database: Database, module: string, name: string): Promise<Turn['open']> {
  const [row] = await database.query<{ place: string }>(
    'select m::text as place from strangler.owner_migration m where module = $1 and name = $2',
    [module, name],
  );
  return { name, place: row?.place ?? '' };
}

/** Those that have not been done for the owners of now. @throws when one names a table that does not move. */
async function unfinished(
  database: Database,
  module: string,
  migrations: readonly OwnerMigration[],
  tables: readonly MovingTable[],
) {
  if (migrations.length === 0) return [];
  const names = migrations.map(({ name }) => name);
  const done = await database.query<{ name: string }>(
    `select m.name from strangler.owner_migration m join strangler.ownership o using (module)
     where module = $1 and m.done_at is not null and m.epoch = o.epoch`,
    [module],
  );
  if (!names.every((name) => done.some((each) => each.name === name)))
    await database.query(
      'insert into strangler.owner_migration (module, name) select $1, unnest($2::text[]) on conflict do nothing',
      [module, names],
    );
  return migrations
    .filter(({ name }) => !done.some((each) => each.name === name))
    .map((migration) => {
      const table = tables.find(({ name }) => name === migration.table);
      if (!table)
        throw new Error(
          `the owner migration ${migration.name} names the table ${migration.table}, which does not move`,
        );
      return { migration, table };
    });
}

/**
 * Changes the next rows. It goes over the table again and again until it finds none that need it and owners have not changed meanwhile: a row that
 * somebody holds is left for the next time, and one that comes from the other side may need it, too.
 */
function migratePiece(database: Database, migration: OwnerMigration, table: MovingTable): Promise<PieceEnd> {
  return inPiece(database, (q) => piece(q, migration, table));
}

async function piece(q: Queryable, migration: OwnerMigration, table: MovingTable): Promise<PieceEnd> {
  const { module } = table;
  const { name } = migration;
  const [at] = await q.query<Progress>(
    `select after, found::float8 as found, epoch::float8 as epoch, done_at is not null as done
     from strangler.owner_migration where module = $1 and name = $2 for update skip locked`,
    [module, name],
  );
  if (!at) return 'later';
  const { epoch, behind } = await enterUnhurried(q, module);
  if (at.done && at.epoch === epoch) return 'done';
  if (behind) return 'later';
  const begins = at.done || at.epoch !== epoch;
  const { found, changed, last } = await change(q, migration, table, begins ? null : at.after);
  const foundNow = found + (begins ? 0 : at.found);
  const ends = found === 0;
  const done = ends && foundNow === 0;
  await q.query(
    `update strangler.owner_migration set after = $3::text[], found = $4, epoch = $5, changed = changed + $6,
       done_at = case when $7::boolean then clock_timestamp() end
     where module = $1 and name = $2`,
    [module, name, ends ? null : last, ends ? 0 : foundNow, epoch, changed, done],
  );
  return done ? 'done' : 'more';
}

async function change(
  q: Queryable,
  { set, where }: OwnerMigration,
  table: MovingTable,
  after: string[] | null,
): Promise<{ found: number; changed: number; last: string[] | null }> {
  const { module, sql } = table;
  const [result] = await q.query<{ found: number; changed: number; last: string[] | null }>(
    `with chosen as materialized (
       select ${table.pk('t')} as pk, row_number() over (order by ${pkOrder(table, 't')}) as place
       from ${sql} t cross join strangler.ownership o
       where o.module = $1 and strangler.owned_by(o, ${table.bucket('t')}) and (${where})
         ${after ? `and ${comparePk(table, 't', '>', '$2::text[]')}` : 'and $2::text[] is null'}
       order by ${pkOrder(table, 't')} limit ${pieceRows}
     ), free as materialized (
       select ${table.pk('t')} as pk from ${sql} t join chosen c on ${samePk(table, 't', 'c.pk')}
       where (${where}) for no key update of t skip locked
     ), changed as (
       update ${sql} t set ${set} from free where ${samePk(table, 't', 'free.pk')} returning 1
     )
     select (select count(*)::int from chosen) as found, (select count(*)::int from changed) as changed,
       (select array_to_json(pk) from chosen order by place desc limit 1) as last`,
    [module, after],
  );
  return result!;
}
