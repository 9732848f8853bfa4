import type { Queryable, Statement } from '../../database/database.js';
import { quoted, type MovingTable } from '../../database/tables.js';

interface CountedColumn {
  /** `"schema"."name"` of the sequence. */
  sequence: string;
  /** The same of the table. */
  table: string;
  column: string;
}

/** The columns of these tables ($1) that count, and by which sequence: their own one, or one that their default asks. */
const countedColumns = `
  with wanted as (select to_regclass(sql)::oid as oid from unnest($1::text[]) sql),
  counted as (
    select d.objid as sequence, d.refobjid as relation, d.refobjsubid as number
    from wanted join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = wanted.oid
    where d.classid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    union
    select d.refobjid, f.adrelid, f.adnum
    from wanted join pg_attrdef f on f.adrelid = wanted.oid
    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
  )
  select format('%I.%I', sn.nspname, s.relname) as sequence, format('%I.%I', tn.nspname, t.relname) as table, a.attname as column
  from counted
  join pg_class s on s.oid = counted.sequence and s.relkind = 'S'
  join pg_namespace sn on sn.oid = s.relnamespace
  join pg_class t on t.oid = counted.relation
  join pg_namespace tn on tn.oid = t.relnamespace
  join pg_attribute a on a.attrelid = t.oid and a.attnum = counted.number
  where a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
  order by 1, 2, 3`;

/**
 * Statements that let every sequence of these tables' columns go on behind the rows that are there: replicated rows bring their
 * numbers with them and leave the sequence where it was, and the first row of the new owner would collide. One that is ahead is not
 * touched: tables that stay may draw from it, too, and no fence holds those.
 */
export async function advancingSequences(
  on: Queryable,
  tables: readonly Pick<MovingTable, 'sql'>[],
): Promise<Statement[]> {
  // Buckets are owned by nobody meanwhile, and to plan it takes longer than to run it.
  const counted = await on.query<CountedColumn>(countedColumns, [tables.map(({ sql }) => sql)], {
    prepared: true,
  });
  return counted.map(({ sequence, table, column }) => ({
    sql: `select setval($1::regclass, max(${quoted(column)})::bigint)
       from ${table} having max(${quoted(column)}) > (select last_value - (not is_called)::int from ${sequence})`,
    params: [sequence],
  }));
}
