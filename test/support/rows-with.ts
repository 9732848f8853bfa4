/** Asks a database. */
type Query = <T extends object>(sql: string) => Promise<T[]>;

/** Rows of all tables of a database in which a text stands, each with the name of its table. */
export async function rowsWith(query: Query, text: string): Promise<string[]> {
  const [found] = await query<{ sql: string }>(
    `select string_agg(format('select %L || '': '' || t::text as row from %I.%I t', table_schema || '.' || table_name,
       table_schema, table_name), ' union all ') as sql
     from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const rows = await query<{ row: string }>(found!.sql);
  return rows.map(({ row }) => row).filter((row) => row.includes(text));
}
