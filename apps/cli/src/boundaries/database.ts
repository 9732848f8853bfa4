import { EmbeddedServers } from '#platform';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Settings } from '../config.js';
import { crossingsSql } from './crossings.js';
import type { Crossing, TableFacts } from './facts.js';

/** What the monolith's database says of the modules' schemas. */
export interface DatabaseFacts {
  tables: (TableFacts & { schema: string })[];
  crossings: (Crossing & { from: string; to: string })[];
}

/** Looks into the monolith's database; undefined: there is none yet. @throws {Error} pg's, when it cannot be opened. */
export async function databaseFacts(
  { databaseUrl, dataDir }: Settings,
  modules: readonly string[],
  say: (line: string) => void,
): Promise<DatabaseFacts | undefined> {
  if (databaseUrl !== undefined) return look(databaseUrl, modules);
  // A look must not make a shop: without data there is nothing to see.
  if (!existsSync(join(dataDir, 'postgres'))) return undefined;
  const servers = new EmbeddedServers(dataDir, say);
  try {
    return await look(await servers.database('shop'), modules);
  } finally {
    await servers.release();
  }
}

async function look(url: string, modules: readonly string[]): Promise<DatabaseFacts> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A connection that breaks shows in the query that needs it; unheard, the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const crossings = await client.query<DatabaseFacts['crossings'][number]>(crossingsSql, [
      [...modules, 'strangler'],
    ]);
    const tables = await client.query<DatabaseFacts['tables'][number]>(tablesSql, [modules]);
    return { crossings: crossings.rows, tables: tables.rows };
  } finally {
    await client.end();
  }
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
