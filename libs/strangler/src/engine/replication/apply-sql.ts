import { literal, quoted, type MovingTable } from '../../database/tables.js';
import { comparePk, rowsFromJson, samePk, valueFromJson } from '../../database/row-sql.js';

/** A unique index as `evictSql` needs it. */
export interface UniqueIndex {
  /** Its columns, or expressions over a row. */
  expressions: string[];
  predicate: string | null;
  /** Two rows without a value stand in each other's way too. */
  nullsAlike: boolean;
  /** The table's generated columns, which are not sent. */
  generated: { name: string; expression: string }[];
}

const pkColumns = ({ primaryKey }: MovingTable, alias: string): string =>
  primaryKey.map(({ name }) => `${alias}.${quoted(name)}`).join(', ');

const ownedHere = (table: MovingTable, alias: string): string =>
  `strangler.owned_by(o, ${table.bucket(alias)})`;

/** Stores the rows $1, of which the sender named these columns. @throws when the table has not all of them. */
export function upsertSql(table: MovingTable, named: readonly string[]): string {
  const columns = named.map((name) => {
    const column = table.columns.find((own) => own.name === name);
    if (!column) throw new Error(`${table.sql} has no column ${name} on this side`);
    return column;
  });
  const changed = columns.filter(({ name }) => !table.primaryKey.some((key) => key.name === name));
  return `
    insert into ${table.sql} (${columns.map(({ name }) => quoted(name)).join(', ')})
    select ${columns.map(valueFromJson).join(', ')} from ${rowsFromJson(columns, '$1')}
    on conflict (${table.primaryKey.map(({ name }) => quoted(name)).join(', ')}) do ${
      changed.length === 0
        ? 'nothing'
        : `update set ${changed.map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}`
    }`;
}

/** Deletes the rows $1, `[primary key, routing key]` each: under another routing key it is another owner's row. */
export const goneSql = (table: MovingTable): string => `
  delete from ${table.sql} t
  using (
    select array(select json_array_elements_text(e->0)) as pk, e->>1 as key from json_array_elements($1::json) e offset 0
  ) g
  where ${samePk(table, 't', 'g.pk')} and ${table.key('t')} = g.key`;

/** Deletes the rows that $1 is to replace. */
export const clearSql = (table: MovingTable): string => `
  delete from ${table.sql} t using ${rowsFromJson(table.primaryKey, '$1')}
  where (${pkColumns(table, 't')}) = (${pkColumns(table, 'x')})`;

/**
 * Deletes who stands in the way of the rows $1 on a unique index. In the owner's database those rows were there together,
 * so the one in the way is out of date: its change is on its way, or it is no more.
 */
export function evictSql(table: MovingTable, index: UniqueIndex): string {
  const { expressions, predicate, nullsAlike } = index;
  const listed = expressions.map((expression, place) => `(${expression}) as e${place}`).join(', ');
  const where = predicate ? `where ${predicate}` : '';
  const rowsOf = (source: string) => `(select *, ${listed} from ${source} ${where})`;
  const same = nullsAlike ? 'is not distinct from' : '=';
  return `
    delete from ${table.sql} t using strangler.ownership o
    where o.module = ${literal(table.module)} and not ${ownedHere(table, 't')}
      and (${pkColumns(table, 't')}) in (
        select ${pkColumns(table, 'old')} from ${rowsOf(table.sql)} old join ${rowsOf(incoming(table, index))} new
          on ${expressions.map((_, place) => `old.e${place} ${same} new.e${place}`).join(' and ')}
          and (${pkColumns(table, 'old')}) <> (${pkColumns(table, 'new')}))`;
}

/** The rows $1 as the table will have them, under its name. */
function incoming({ name: table, columns }: MovingTable, { generated }: UniqueIndex): string {
  const sent = columns.map((column) => `${valueFromJson(column)} as ${quoted(column.name)}`).join(', ');
  const made = generated.map(({ name, expression }) => `, (${expression}) as ${quoted(name)}`).join('');
  const rows = `(select ${sent} from ${rowsFromJson(columns, '$1')}) as ${quoted(table)}`;
  return `(select *${made} from ${rows}) as ${quoted(table)}`;
}

/** The unique indexes of a table ($1: as regclass) beside its primary key. PostgreSQL has `indnullsnotdistinct` from 15 on. */
export const uniqueIndexesSql = `
  select array(select pg_get_indexdef(i.indexrelid, place, true) from generate_series(1, i.indnkeyatts) place) as expressions,
    pg_get_expr(i.indpred, i.indrelid, true) as predicate,
    coalesce((to_jsonb(i)->>'indnullsnotdistinct')::boolean, false) as "nullsAlike",
    (select coalesce(json_agg(json_build_object('name', a.attname, 'expression', pg_get_expr(d.adbin, d.adrelid, true))), '[]')
     from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = i.indrelid and a.attgenerated <> '') as generated
  from pg_index i where i.indrelid = $1::regclass and i.indisunique and not i.indisprimary and i.indislive`;

/**
 * Deletes ghosts: what is in the chunk's range and not in the chunk $1, of the buckets that the sender owned. $2 and $3: the
 * range, $4 to $7: the sender's buckets, $8: rows that the chunk leaves out although they are there.
 */
export const ghostsSql = (table: MovingTable, range: Ends): string => `
  delete from ${table.sql} t using strangler.ownership o where ${isGhost(table, range)}`;

/**
 * Refuses the chunk, of which the same parameters tell, where it would delete a row that is not known to be a copy: its owner has never had
 * it, and nobody else has.
 */
export function requireCopiesSql(table: MovingTable, range: Ends): string {
  const of = `${literal(table.module)}, ${literal(table.name)}`;
  return `
  select strangler.require_copies(${of}, copies, copies = 'unknown' and exists (
    select from ${table.sql} t, strangler.ownership o where ${isGhost(table, range)}))
  from (select strangler.copies_here(${of}, ${literal(table.sql)}) as copies offset 0) here where copies <> 'known'`;
}

/** A chunk of all rows from the first to the last has come: then what is here of keys that its sender owns is its copy. */
export const noLongerAwaitsSql = (table: MovingTable, { after, upTo }: Ends): string => `
  update strangler.captured_table set awaits = ${upTo ? `'end'` : 'null'}
  where module = ${literal(table.module)} and table_name = ${literal(table.name)} and awaits ${after ? `= 'end'` : 'is not null'}`;

/** Which ends a range has. */
interface Ends {
  after: boolean;
  upTo: boolean;
}

const isGhost = (table: MovingTable, { after, upTo }: Ends): string => `
  o.module = ${literal(table.module)} and not ${ownedHere(table, 't')}
    and ${after ? comparePk(table, 't', '>', '$2::text[]') : '$2::text[] is null'}
    and ${upTo ? comparePk(table, 't', '<=', '$3::text[]') : '$3::text[] is null'}
    and (${table.bucket('t')} < $4::integer) = ($5 = 'extracted')
    and not coalesce(${table.bucket('t')} >= $6::integer and ${table.bucket('t')} < $7::integer, false)
    and not exists (select from ${rowsFromJson(table.primaryKey, '$1')} where (${pkColumns(table, 'x')}) = (${pkColumns(table, 't')}))
    and not exists (
      select from (select array(select json_array_elements_text(e)) as pk from json_array_elements($8::json) e offset 0) aside
      where ${samePk(table, 't', 'aside.pk')})`;
