import type { Access } from 'nestjs-strangler/cli';
import type pg from 'pg';
import { crossingsSql } from './crossings.js';
import type { Crossing, TableFacts } from './facts.js';

/** What the monolith's database says of the modules' schemas. */
export interface DatabaseFacts {
  tables: (TableFacts & { schema: string })[];
  crossings: (Crossing & { from: string; to: string })[];
}

/** Looks into the monolith's database; undefined: there is none yet. @throws {Error} pg's, when it cannot be opened. */
export const databaseFacts = (
  { inDatabase }: Pick<Access, 'inDatabase'>,
  modules: readonly string[],
  say: (line: string) => void,
): Promise<DatabaseFacts | undefined> => inDatabase((client) => look(client, modules), say);

async function look(client: pg.Client, modules: readonly string[]): Promise<DatabaseFacts> {
  const crossings = await client.query<DatabaseFacts['crossings'][number]>(crossingsSql, [
    [...modules, 'strangler'],
  ]);
  const tables = await client.query<DatabaseFacts['tables'][number]>(tablesSql, [modules]);
  return { crossings: crossings.rows, tables: tables.rows };
}

/** Estimates: to count a large table would take longer than anything else here. -1 means never analysed. */
const tablesSql = `
  select n.nspname as schema, c.relname as name,
    greatest(c.reltuples, s.n_live_tup, 0)::float8 as rows, pg_total_relation_size(c.oid)::float8 as bytes
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_stat_user_tables s on s.relid = c.oid
  where c.relkind in ('r', 'p') and n.nspname = any ($1)
  order by n.nspname, c.relname`;
