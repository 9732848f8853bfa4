import { EmbeddedServers, withClient } from '#platform';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Settings } from './config.js';

/** Works in the monolith's database; undefined: there is none yet. @throws {Error} pg's, when it cannot be opened. */
export async function inMonolithDatabase<T>(
  { databaseUrl, dataDir }: Pick<Settings, 'databaseUrl' | 'dataDir'>,
  say: (line: string) => void,
  work: (client: pg.Client) => Promise<T>,
): Promise<T | undefined> {
  if (databaseUrl !== undefined) return withClient(databaseUrl, work);
  // A look must not make a shop: without data there is nothing to see.
  if (!existsSync(join(dataDir, 'postgres'))) return undefined;
  const servers = new EmbeddedServers(dataDir, say);
  try {
    return await withClient(await servers.database('shop'), work);
  } finally {
    await servers.release();
  }
}
