import { EmbeddedServers } from '#platform';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Settings } from './config.js';

/** Works in the monolith's database; undefined: there is none yet. @throws {Error} pg's, when it cannot be opened. */
export async function inMonolithDatabase<T>(
  { databaseUrl, dataDir }: Pick<Settings, 'databaseUrl' | 'dataDir'>,
  say: (line: string) => void,
  work: (client: pg.Client) => Promise<T>,
): Promise<T | undefined> {
  if (databaseUrl !== undefined) return connected(databaseUrl, work);
  // A look must not make a shop: without data there is nothing to see.
  if (!existsSync(join(dataDir, 'postgres'))) return undefined;
  const servers = new EmbeddedServers(dataDir, say);
  try {
    return await connected(await servers.database('shop'), work);
  } finally {
    await servers.release();
  }
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A connection that breaks shows in the query that needs it; unheard, the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
