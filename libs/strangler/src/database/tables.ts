import type { Ownership as Owning } from '../contract/contract.js';
import type { Queryable } from './database.js';

/** Other columns on the other side. Both are select lists over the own table `t`, with a name for each column there. */
export interface Transform {
  /** Makes a row of the extracted side's table of a row `t` of the monolith's. */
  readonly toExtracted: Readonly<Record<string, string>>;
  /** Makes a row of the monolith's table of a row `t` of the extracted side's. */
  readonly toMonolith: Readonly<Record<string, string>>;
}

/**
 * A change of rows that are there, made at their owner while a module moves: a migration that ran in each database would be refused for the
 * keys that the other one owns.
 *
 * @example
 * ```ts
 * const grams: OwnerMigration = { name: 'grams-of-weight', table: 'parcel', set: 'grams = t.weight', where: 't.grams is null' };
 * ```
 */
export interface OwnerMigration {
  /** Tells it from every other one of the module, for ever. */
  readonly name: string;
  readonly table: string;
  /** What is set, as SQL over the row `t`: `grams = t.weight`. */
  readonly set: string;
  /** Which rows need it, as SQL over the row `t`: `t.grams is null`. A row that has been changed must not need it any more. */
  readonly where: string;
}

/** What moves with a module. */
export interface MovingModule {
  readonly module: string;
  readonly ownership: Owning;
  /** Its tables by their names ({@link nameOfTable}), the same on both sides. */
  readonly tables: readonly string[];
  /** Tables that it works on and that others write as well, as SQL names them: while there are any, it stays. */
  readonly shared?: readonly string[];
  /** The column that holds the routing key, where the toolkit's own tables in its schema have `routing_key`; none when owned as a whole. */
  readonly routingKey: string | undefined;
  /** By table: SQL for the routing key of a row, where it is no column of that name. By the row's own columns alone, and immutable. */
  readonly keyExpressions?: Readonly<Record<string, KeyExpression>>;
  /** By table. */
  readonly transforms: Readonly<Record<string, Transform>>;
  /** What each side changes in the rows that it owns, in this order. */
  readonly ownerMigrations?: readonly OwnerMigration[];
}

/**
 * SQL for the routing key of the row that is called `row`.
 *
 * @example
 * ```ts
 * const byEmail: KeyExpression = (row) => `lower(${row}.email collate "C")`;
 * ```
 */
export type KeyExpression = (row: string) => string;

export interface Column {
  readonly name: string;
  /** The SQL type, as PostgreSQL writes it. */
  readonly type: string;
  /** It is `json` or `jsonb`, or a domain over one. */
  readonly json: boolean;
}

/** A table as the toolkit needs to know it, from the catalogue of the database at hand. */
export interface MovingTable {
  readonly module: string;
  /** As {@link nameOfTable} makes it: both sides know it by this. */
  readonly name: string;
  /** `"schema"."name"`, quoted. */
  readonly sql: string;
  /** Of `pg_class`, in this database. */
  readonly oid: string;
  /** Its columns as a number (`strangler.columns_of`): another one after every change of them. */
  readonly form: string;
  /** Without generated columns. */
  readonly columns: readonly Column[];
  /** In the order of the primary key. */
  readonly primaryKey: readonly Column[];
  readonly transform: Transform | undefined;
  /** SQL for the routing key of a row `alias`, as text. */
  key(alias: string): string;
  /** SQL for the bucket of a row `alias`. */
  bucket(alias: string): string;
  /** SQL for the primary key of a row `alias`, as `text[]`. */
  pk(alias: string): string;
}

/** Those of a module that tells events: the log, the last number of each key, and how far each subscriber is. */
export const eventTables = ['event', 'event_stream', 'event_cursor'];
/** Tables that the toolkit itself keeps in a module's schema; their routing key has its own column. */
const ownTables = new Set(['idempotency', 'saga', ...eventTables]);
export const isOwnTable = (name: string): boolean => ownTables.has(name);

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * How both sides name a table: by its name alone in the schema that bears the module's name, else with its schema, `public.sessions`.
 * @throws when the schema's name has a dot
 */
export function nameOfTable(module: string, schema: string, table: string): string {
  if (schema.includes('.'))
    throw new Error(`the schema "${schema}" of the table ${table} has a dot in its name: rename the schema`);
  return schema === module && !table.includes('.') ? table : `${schema}.${table}`;
}

/** The same as SQL: `"schema"."table"`, quoted. */
export function sqlOfTable(module: string, name: string): string {
  const dot = name.indexOf('.');
  const [schema, table] = dot < 0 ? [module, name] : [name.slice(0, dot), name.slice(dot + 1)];
  return `${quoted(schema)}.${quoted(table)}`;
}

/** Where a table's rows have their routing key; `undefined`: the module is owned as a whole, or nothing says so. */
export function keyOf(
  { ownership, routingKey, keyExpressions = {} }: MovingModule,
  table: string,
): { column: string } | { sql: KeyExpression } | undefined {
  if (ownership === 'whole') return undefined;
  if (isOwnTable(table)) return { column: 'routing_key' };
  const sql = keyExpressions[table];
  if (sql) return { sql };
  return routingKey === undefined ? undefined : { column: routingKey };
}

/** All tables of a module as SQL, in their order. */
export const sqlNames = ({ module, tables }: Pick<MovingModule, 'module' | 'tables'>): string[] =>
  tables.map((name) => sqlOfTable(module, name));

/** A column `a` of `pg_attribute`, as {@link Column}. */
const columnOf = `json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'json', (
    with recursive base (oid) as (
      select a.atttypid union all select t.typbasetype from base join pg_type t using (oid) where t.typtype = 'd')
    select bool_or(oid in ('json'::regtype, 'jsonb'::regtype)) from base))`;

/** As `strangler.columns_of(array[c.oid])`, for roles and databases without the toolkit's schema, too. */
const columnsForm = `
  select coalesce(sum(hashtextextended(
    concat_ws(' ', a.attrelid, a.attnum, a.atttypid, a.atttypmod, a.attgenerated, a.attname), 0)), 0)::text
  from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

/** A table that cannot move: its message is a sentence for the operator. */
export class TableError extends Error {}

/** Reads the module's tables from the catalogue. @throws {TableError} naming the first that is missing or has no primary key. */
export async function describeTables(on: Queryable, module: MovingModule): Promise<MovingTable[]> {
  const rows = await on.query<Found>(
    `select wanted.name, c.oid::text as oid, (${columnsForm}) as form,
       (select json_agg(${columnOf} order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       (select json_agg(${columnOf} order by k.place)
        from pg_index i
        cross join unnest(i.indkey::int2[]) with ordinality k (attnum, place)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts) as "primaryKey"
     from unnest($1::text[], $2::text[]) with ordinality wanted (name, sql, place)
     left join pg_class c on c.oid = to_regclass(wanted.sql)
     order by wanted.place`,
    [module.tables, sqlNames(module)],
  );
  return rows.map(({ name, oid, form, columns, primaryKey }) => {
    const full = name.includes('.') ? name : `${module.module}.${name}`;
    if (!columns) throw new TableError(`${full}: there is no such table; ${howToMake(module.module, name)}`);
    if (!primaryKey) throw new TableError(`${full}: a table that moves needs a primary key`);
    return tableOf(module, { name, oid, form, columns, primaryKey });
  });
}

/** Where a table comes from that is not there. */
function howToMake(module: string, name: string): string {
  if (!isOwnTable(name))
    return 'in the monolith the migrations make it, in a service what "strangler generate" has written';
  const maker = eventTables.includes(name) ? 'create_event_tables' : `create_${name}_table`;
  const sql = `create schema if not exists ${quoted(module)}; select strangler.${maker}(${literal(module)})`;
  return `the toolkit keeps its records there, so make it, in a migration and in the database of the service: ${sql}`;
}

/** What the catalogue says of a table; null: it has none. */
interface Found {
  name: string;
  oid: string;
  form: string;
  columns: Column[] | null;
  primaryKey: Column[] | null;
}

/** The columns of all these tables as one number, as `strangler.columns_of` says it of all of them. */
export const formOf = (tables: readonly Pick<MovingTable, 'form'>[]): string =>
  String(tables.reduce((sum, { form }) => sum + BigInt(form), 0n));

function tableOf(
  moving: MovingModule,
  { columns, primaryKey, ...found }: Found & { columns: Column[]; primaryKey: Column[] },
): MovingTable {
  const { name } = found;
  const { module, transforms } = moving;
  const of = keyOf(moving, name);
  const key = (alias: string) => {
    if (of === undefined) return literal(module);
    return 'sql' in of ? `(${of.sql(alias)})::text` : `${alias}.${quoted(of.column)}::text`;
  };
  return {
    module,
    ...found,
    sql: sqlOfTable(module, name),
    columns,
    primaryKey,
    transform: transforms[name],
    key,
    bucket: (alias) => `strangler.bucket(${literal(module)}, ${key(alias)})`,
    pk: (alias) => `array[${primaryKey.map((column) => `${alias}.${quoted(column.name)}::text`).join(', ')}]`,
  };
}
