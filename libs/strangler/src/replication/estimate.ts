import type { Queryable } from '../database.js';

/** So many pages of each partition are read at most. */
const samplePages = 64;

/**
 * About how many rows a table has. Exact while it is small; a large one is not read through: it has as many as when it was last
 * analyzed, or, if it never was, as its first pages let expect. `sql`: its quoted name with its schema.
 */
export async function estimatedRows(on: Queryable, sql: string): Promise<number> {
  const [table] = await on.query<{ pages: number; sampled: number; analyzed: number }>(
    `select coalesce(sum(pages), 0)::float8 as pages, coalesce(sum(least(pages, $2)), 0)::float8 as sampled,
       coalesce(sum(reltuples) filter (where reltuples > 0), 0)::float8 as analyzed
     from (
       select reltuples, pg_relation_size(oid) / current_setting('block_size')::bigint as pages from pg_class
       where relkind = 'r' and (oid = $1::regclass or oid in (select relid from pg_partition_tree($1::regclass)))
     ) leaves`,
    [sql, samplePages],
  );
  const { pages, sampled, analyzed } = table!;
  if (pages > sampled && analyzed > 0) return Math.round(analyzed);
  const [first] = await on.query<{ rows: number }>(
    `select count(*)::float8 as rows from ${sql} where ctid < '(${samplePages},0)'`,
  );
  return Math.round((first!.rows * pages) / Math.max(1, sampled));
}
