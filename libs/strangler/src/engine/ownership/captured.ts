import type { Database, Queryable } from '../../database/database.js';
import { literal, sqlNames, sqlOfTable, type MovingModule, type MovingTable } from '../../database/tables.js';

/** A table of a module as one side has it. */
export interface TableState {
  table: string;
  /** Names, without generated columns; null: a transform makes them, or there is no such table. */
  columns: string[] | null;
  /** Their types, as `format_type` writes them; 0.2.0 does not say. */
  types?: string[] | null;
  /** Why changes of it may be missing on the other side; null: none are. */
  gap: Gap | null;
}

/** What is wrong with the capture of a table. */
export type Gap =
  /** There is no such table. */
  | 'missing'
  /** It has never been captured: a release has named it. It is captured and filled by itself. */
  | 'new'
  /** Its triggers are not there, or do not fire always; or they were changed since: what was written meanwhile nobody knows. */
  | 'triggers'
  /** Its columns have changed. It is described anew and filled by itself. */
  | 'columns'
  /** It was captured while keys were split, and the other side has not sent all its rows of it since: others may lie here under its keys. */
  | 'awaits';

/** What the database says of a table, and what was written down when its capture began. */
export interface CapturedView {
  /** The table is there. */
  there: boolean;
  /** All its triggers are, and fire always. */
  captured: boolean;
  /** It was written down, of this very database: not before it was moved, or made anew from a dump. */
  recorded: boolean;
  sameTriggers: boolean;
  sameColumns: boolean;
  /** Somebody has seen other triggers than those, and nobody has had that mended since; also in a database that this one was made of. */
  broken: boolean;
  /** The other side is to send all its rows of it. */
  awaits: boolean;
}

/** What is to be done about a table. `record`: its capture is of before it was written down, and stands. Pure. */
export function careFor(view: CapturedView): Gap | 'record' | null {
  const { there, captured, recorded, sameTriggers, sameColumns, broken, awaits } = view;
  if (!there) return 'missing';
  if (broken) return 'triggers';
  if (!recorded) return captured ? 'record' : 'new';
  if (!captured || !sameTriggers) return 'triggers';
  if (!sameColumns) return 'columns';
  return awaits ? 'awaits' : null;
}

/** How the tables of a module stand that is captured here. */
export async function tableStates(on: Queryable, module: MovingModule): Promise<TableState[]> {
  const found = await lookAt(on, module);
  return found.map(({ table, columns, types, ...view }) => {
    const care = careFor(view);
    const own = module.transforms[table] === undefined && view.there;
    const gap = care === 'record' ? (view.awaits ? 'awaits' : null) : care;
    return { table, columns: own ? columns : null, types: own ? types : null, gap };
  });
}

/** Tables that something is to be done about. */
export async function tablesInNeed(
  on: Queryable,
  module: MovingModule,
): Promise<ReadonlyMap<string, Gap | 'record'>> {
  const found = await lookAt(on, module);
  return new Map(
    found.flatMap(({ table, ...view }) => {
      const care = careFor(view);
      return care === null ? [] : [[table, care] as const];
    }),
  );
}

/** The columns of a table, and the file that its rows are in: `alter … type … using` writes all rows anew, maybe under the same type. */
const contentOf = (oid: string): string =>
  `strangler.columns_of(array[${oid}]) || ' ' || coalesce(pg_relation_filenode(${oid}), 0)`;

const columnsInOrder = (what: string): string => `array(select ${what} from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attname::text)`;

function lookAt(on: Queryable, moving: MovingModule) {
  return on.query<CapturedView & { table: string; columns: string[]; types: string[] }>(
    `select w.name as table, c.oid is not null as there,
       coalesce(strangler.is_captured(c.oid), false) as captured,
       coalesce(r.place = strangler.place(), false) as recorded,
       coalesce(r.triggers = strangler.triggers_of(c.oid), false) as "sameTriggers",
       coalesce(r.columns = ${contentOf('c.oid')}, false) as "sameColumns",
       r.broken_at is not null as broken,
       ${columnsInOrder('a.attname::text')} as columns,
       ${columnsInOrder('format_type(a.atttypid, a.atttypmod)')} as types,
       r.awaits is not null as awaits
     from unnest($2::text[], $3::text[]) with ordinality w (name, sql, place)
     left join pg_class c on c.oid = to_regclass(w.sql)
     left join strangler.captured_table r on r.module = $1 and r.table_name = w.name
     order by w.place`,
    [moving.module, moving.tables, sqlNames(moving)],
    { prepared: true },
  );
}

/** A table that a release before has named. */
export type NamedBefore = Pick<MovingTable, 'module' | 'name' | 'sql'>;

/** What was captured, and is named no more. `dropped`: only what is not there any more, and what is left of that. */
export async function namedBefore(
  on: Queryable,
  { module, tables }: MovingModule,
  { dropped = false } = {},
): Promise<NamedBefore[]> {
  const known = await on.query<{ name: string }>(
    `select name from (
       select table_name as name from strangler.captured_table where module = $1
       union select table_name from strangler.backfill where module = $1
       union select table_name from strangler.outbox where module = $1 and parked is not null
     ) known
     where name <> all($2::text[])`,
    [module, tables],
    { prepared: true },
  );
  const before = known.map(({ name }) => ({ module, name, sql: sqlOfTable(module, name) }));
  if (!dropped || before.length === 0) return before;
  const gone = await on.query<{ sql: string }>(
    'select sql from unnest($1::text[]) sql where to_regclass(sql) is null',
    [before.map(({ sql }) => sql)],
  );
  return before.filter((table) => gone.some(({ sql }) => sql === table.sql));
}

/** Writes down that capture of a table stands, where that is not known: it was begun by a release that did not. */
export async function recordStanding(on: Queryable, { module, name, sql }: MovingTable): Promise<void> {
  await on.query(`${recorded('$1', '$2', '$3', 'null')} where captured_table.place <> excluded.place`, [
    module,
    name,
    sql,
  ]);
}

/** Other triggers were seen than those that stood there. It is known from then on in whatever is made of this database. */
export async function recordBroken(on: Queryable, { module, name }: NamedBefore): Promise<void> {
  await on.query(
    `update strangler.captured_table set broken_at = clock_timestamp()
     where module = $1 and table_name = $2 and broken_at is null`,
    [module, name],
  );
}

/**
 * The same as SQL, whatever was written down before. `stood`: SQL, whether nobody has written it without capture since then; left out: all
 * rows here of keys that the other side owns are its copies, whoever has written them.
 */
export function recording({ module, name, sql }: MovingTable, stood?: string): string {
  const row = [literal(module), literal(name), literal(sql)] as const;
  if (!stood) return `${recorded(...row, 'null')}, broken_at = null, awaits = null;`;
  // Who owns all has no rows of others.
  const awaits = `(select case when ${stood} then r.awaits else 'begin' end
      from strangler.ownership o left join strangler.captured_table r on r.module = o.module and r.table_name = ${row[1]}
      where o.module = ${row[0]} and o.capture and not strangler.owns_all(o))`;
  return `${recorded(...row, awaits)}, broken_at = null, awaits = excluded.awaits;`;
}

const recorded = (module: string, name: string, sql: string, awaits: string): string => `
    insert into strangler.captured_table (module, table_name, place, triggers, columns, awaits)
    select ${module}, ${name}, strangler.place(), strangler.triggers_of(t), ${contentOf('t::oid')}, ${awaits}
    from (select (${sql}::text)::regclass as t) one
    on conflict (module, table_name) do update
      set place = excluded.place, triggers = excluded.triggers, columns = excluded.columns`;

/**
 * A table whose columns have changed, or that was written anew, is copied once more: what a migration has put into its rows (a default, a conversion) no trigger
 * has seen. Whoever comes first does it.
 */
export async function fillChanged(database: Database, { module, name, sql }: MovingTable): Promise<boolean> {
  const changed = await database.query(
    `with changed as (
       update strangler.captured_table set columns = ${contentOf('$3::regclass::oid')}
       where module = $1 and table_name = $2 and columns <> ${contentOf('$3::regclass::oid')}
       returning table_name),
     woken as (select pg_notify('strangler_outbox', $1) from changed)
     ${copying('$1', 'changed.table_name', '$3', 'changed cross join woken cross join')}
     returning table_name`,
    [module, name, sql],
  );
  return changed.length > 0;
}

/** Has the rows of a table copied from the beginning, in the life that is. As SQL; over `of`, a from item before the table. */
export const copying = (module: string, name: string, sql: string, of = ''): string => `
    insert into strangler.backfill (module, table_name, total)
    select ${module}, ${name}, greatest(c.reltuples, 0) from ${of} pg_class c where c.oid = (${sql}::text)::regclass
    on conflict (module, table_name) do update
      set after = null, done = false, copied = 0, total = excluded.total, started_at = clock_timestamp()`;
