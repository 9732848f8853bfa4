import type { Queryable } from '../../database/database.js';

/** So many pages are read at most. */
const samplePages = 64;

/**
 * About how many rows a table has. Exact while it is small; a large one is not read through: it has as many as when it was last
 * analyzed, or, if it never was, as its first pages let expect. `sql`: its quoted name with its schema.
 */
export async function estimatedRows(on: Queryable, sql: string): Promise<number> {
  const [table] = await on.query<{ pages: number; analyzed: number }>(
    `select pg_relation_size(oid)::float8 / current_setting('block_size')::int as pages, reltuples::float8 as analyzed
     from pg_class where oid = $1::regclass`,
    [sql],
  );
  const { pages, analyzed } = table!;
  if (pages > samplePages && analyzed > 0) return analyzed;
  const [first] = await on.query<{ rows: number }>(
    `select count(*)::float8 as rows from ${sql} where ctid < '(${samplePages},0)'`,
  );
  return Math.round(first!.rows * Math.max(1, pages / samplePages));
}
