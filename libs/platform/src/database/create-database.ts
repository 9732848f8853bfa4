import pg from 'pg';
import { withClient } from './with-client.js';

const missingDatabase = '3D000';
/** Another process was faster: seen before its commit, seen after it. */
const takenMeanwhile = new Set(['23505', '42P04']);

/** Creates the database that `url` names unless it is there. Several processes may do so at once. */
export async function createDatabase(url: string): Promise<void> {
  try {
    await withClient(url, () => Promise.resolve());
  } catch (error) {
    if (codeOf(error) !== missingDatabase) throw error;
    await create(url);
  }
}

async function create(url: string): Promise<void> {
  const maintenance = new URL(url);
  const name = decodeURIComponent(maintenance.pathname.slice(1));
  maintenance.pathname = '/postgres';
  await withClient(maintenance.href, async (client) => {
    try {
      await client.query(`create database ${pg.escapeIdentifier(name)}`);
    } catch (error) {
      if (!takenMeanwhile.has(codeOf(error) ?? '')) throw error;
    }
  });
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;
