import { queryOnce } from './postgres.js';

/**
 * All that the catalogue says of the toolkit's schema, a line each, but for the capture functions, which processes make: tables with their
 * columns in order, options and storage, constraints, indexes, sequences, views, functions with their bodies, triggers, rights, comments.
 * Spaces count nowhere.
 */
export async function schemaOf(url: string): Promise<string[]> {
  const rows = await queryOnce<{ line: string }>(url, sql);
  return rows.map(({ line }) => line.replace(/\s+/g, ' ').trim()).sort();
}

const sql = `
  with relations as (
    select c.*, c.oid::regclass::text as called from pg_class c
    where c.relnamespace = 'strangler'::regnamespace
  ), functions as (
    select p.* from pg_proc p
    where p.pronamespace = 'strangler'::regnamespace and p.proname not like 'capture\\_%'
  )
  select format('%s %s %s %s', relkind, called, reloptions, relacl) as line from relations
  union all
  select format('column %s of %s: %s %s %s %s %s', a.attname, called, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
      a.attstorage, pg_get_expr(d.adbin, d.adrelid))
  from relations c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  union all
  select format('order of %s: %s', called, string_agg(a.attname, ', ' order by a.attnum))
  from relations c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped group by called
  union all
  select format('constraint %s on %s: %s', k.conname, called, pg_get_constraintdef(k.oid))
  from relations c join pg_constraint k on k.conrelid = c.oid and k.contype <> 'n'
  union all
  select format('index %s', pg_get_indexdef(oid)) from relations where relkind = 'i'
  union all
  select format('sequence %s: %s %s %s', called, s.seqtypid::regtype, s.seqincrement, s.seqstart)
  from relations c join pg_sequence s on s.seqrelid = c.oid
  union all
  select format('view %s: %s', called, pg_get_viewdef(oid)) from relations where relkind = 'v'
  union all
  select format('function %s %s', proacl, pg_get_functiondef(oid)) from functions
  union all
  select format('trigger %s %s', t.tgenabled, pg_get_triggerdef(t.oid))
  from relations c join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
  union all
  select format('comment %s %s', pg_describe_object(classoid, objoid, objsubid), description)
  from pg_description where objoid in (select oid from relations union all select oid from functions)`;
