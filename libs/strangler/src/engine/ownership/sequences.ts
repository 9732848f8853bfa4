import type { Queryable, Statement } from '../../database/database.js';
import { quoted } from '../../database/tables.js';

interface OwnedSequence {
  schema: string;
  name: string;
  table: string;
  column: string;
}

/**
 * Statements that let every sequence of a schema's columns go on behind the rows that are there: replicated rows bring their
 * numbers with them and leave the sequence where it was, and the first row of the new owner would collide.
 */
export async function advancingSequences(on: Queryable, schema: string): Promise<Statement[]> {
  const sequences = await on.query<OwnedSequence>(
    `select n.nspname as schema, s.relname as name, t.relname as table, a.attname as column
     from pg_class s
     join pg_namespace n on n.oid = s.relnamespace
     join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i')
     join pg_class t on t.oid = d.refobjid
     join pg_namespace tn on tn.oid = t.relnamespace
     join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
     where s.relkind = 'S' and tn.nspname = $1`,
    [schema],
    // Buckets are owned by nobody meanwhile, and to plan it takes longer than to run it.
    { prepared: true },
  );
  return sequences.map(({ schema: home, name, table, column }) => {
    const sequence = `${quoted(home)}.${quoted(name)}`;
    return {
      sql: `select setval($1::regclass, greatest(max(${quoted(column)})::bigint, (select last_value from ${sequence})))
       from ${quoted(schema)}.${quoted(table)} having max(${quoted(column)}) is not null`,
      params: [sequence],
    };
  });
}
