import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Queryable } from '../../database/database.js';
import { samePk } from '../../database/row-sql.js';
import {
  quoted,
  sqlOfTable,
  type MovingModule,
  type MovingTable,
  type OwnerMigration,
} from '../../database/tables.js';
import { enterUnhurried, inPiece, type Later, type PieceEnd } from './unhurried.js';

/** How often a piece is tried again that had to wait, in ms, and for how long at a time. */
const pauseMs = 20;
const turnMs = 400;

/** Rows changed in one piece: it fits one row of the outbox, and one batch. */
const pieceRows = 200;
/** Rows read in one piece: few of them, or none, may need it. */
const lookedRows = 2_000;

/** Where a pass is: the last row dealt with, and of how many rows how many have needed it. */
interface Place {
  after: string[] | null;
  found: number;
  looked: number;
}
const beginning: Place = { after: null, found: 0, looked: 0 };

interface Progress extends Place {
  epoch: number;
  done: boolean;
}

/** What a turn has come to. */
export interface Turn {
  /** Migrations that are done for the owners of now. */
  ended: string[];
  /** The one that it has stopped at, and how far that is: another text when any process has got on with it; null: none is left. */
  open: { name: string; place: string; waitsFor: Later | null } | null;
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
      if (end !== 'more' && end !== 'done') await sleep(pauseMs);
    }
    const waitsFor = end === 'more' || end === 'done' ? null : end;
    if (end !== 'done')
      return { ended, open: { ...(await placeOf(database, module, migration.name)), waitsFor } };
    ended.push(migration.name);
  }
  return { ended, open: null };
}

async function placeOf(
  database: Database,
  module: string,
  name: string,
): Promise<{ name: string; place: string }> {
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
    `select after, found::float8 as found, looked::float8 as looked, epoch::float8 as epoch, done_at is not null as done
     from strangler.owner_migration where module = $1 and name = $2 for update skip locked`,
    [module, name],
  );
  if (!at) return 'taken';
  const { epoch, behind } = await enterUnhurried(q, module);
  if (at.done && at.epoch === epoch) return 'done';
  if (behind) return 'behind';
  const from = at.done || at.epoch !== epoch ? beginning : at;
  const piece = await change(q, migration, table, from.after);
  const found = from.found + piece.found;
  const done = piece.ends && found === 0;
  const next = piece.ends ? beginning : { after: piece.last, found, looked: from.looked + piece.looked };
  await q.query(
    `update strangler.owner_migration set after = $3::text[], found = $4, looked = $5, epoch = $6, changed = changed + $7,
       done_at = case when $8::boolean then clock_timestamp() end
     where module = $1 and name = $2`,
    [module, name, next.after, next.found, next.looked, epoch, piece.changed, done],
  );
  return done ? 'done' : 'more';
}

interface Piece {
  /** Rows read, those of them that needed it, and those that were changed. */
  looked: number;
  found: number;
  changed: number;
  /** The primary key of the last row that is dealt with; null: there is none. */
  last: string[] | null;
  /** No row is behind it. */
  ends: boolean;
}

/**
 * The rows read are bounded, whether they need it or not: a fence waits for a piece. In the order of the primary key's own index, which holds
 * within this database.
 */
async function change(
  q: Queryable,
  { set, where }: OwnerMigration,
  table: MovingTable,
  after: string[] | null,
): Promise<Piece> {
  const { module, sql, primaryKey } = table;
  const order = primaryKey.map(({ name }) => `t.${quoted(name)}`).join(', ');
  const place = primaryKey.map(({ type }, i) => `($2::text[])[${i + 1}]::${type}`).join(', ');
  const [result] = await q.query<Piece>(
    `with looked as materialized (
       select ${table.pk('t')} as pk, row_number() over (order by ${order}) as place,
         coalesce(strangler.owned_by(o, ${table.bucket('t')}) and (${where}), false) as needed
       from ${sql} t cross join strangler.ownership o
       where o.module = $1 and ${after ? `(${order}) > (${place})` : '$2::text[] is null'}
       order by ${order} limit ${lookedRows}
     ), chosen as materialized (
       select pk, place from looked where needed order by place limit ${pieceRows}
     ), border as materialized (
       select case when count(*) = ${pieceRows} then max(place) else ${lookedRows} end as upto from chosen
     ), free as materialized (
       select ${table.pk('t')} as pk from ${sql} t join chosen c on ${samePk(table, 't', 'c.pk')}
       where (${where}) for no key update of t skip locked
     ), changed as (
       update ${sql} t set ${set} from free where ${samePk(table, 't', 'free.pk')} returning 1
     )
     select (select count(*)::int from looked where place <= upto) as looked, (select count(*)::int from chosen) as found,
       (select count(*)::int from changed) as changed, not exists (select from looked where place = upto) as ends,
       (select array_to_json(pk) from looked where place = upto) as last from border`,
    [module, after],
  );
  return result!;
}

/** How far a migration of rows is that is not done for the owners of now. */
export interface MigrationState {
  name: string;
  /** Rows that were changed in all. */
  changed: number;
  /** Rows read in this pass, of about so many. A pass that has found rows is followed by another one. */
  looked: number;
  total: number;
  /** Since when this side has had it, in ms. */
  sinceMs: number;
}

/** Those of a module that are not done yet, in their order. */
export async function migrationStates(
  on: Queryable,
  { module, ownerMigrations = [] }: MovingModule,
): Promise<MigrationState[]> {
  if (ownerMigrations.length === 0) return [];
  return on.query<MigrationState>(
    `select m.name, m.changed::float8 as changed, m.looked::float8 as looked, greatest(c.reltuples, m.looked)::float8 as total,
       (extract(epoch from clock_timestamp() - m.begun_at) * 1000)::float8 as "sinceMs"
     from unnest($2::text[], $3::text[]) with ordinality n (name, sql, place)
     join strangler.owner_migration m on m.module = $1 and m.name = n.name
     join strangler.ownership o on o.module = $1
     left join pg_class c on c.oid = to_regclass(n.sql)
     where m.done_at is null or m.epoch <> o.epoch order by n.place`,
    [
      module,
      ownerMigrations.map(({ name }) => name),
      ownerMigrations.map(({ table }) => sqlOfTable(module, table)),
    ],
  );
}
