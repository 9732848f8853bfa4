import { Logger } from '@nestjs/common';
import type { Client } from 'pg';
import type { Database } from '../database/database.js';
import { migrate } from '../migrate/migrate.js';
import { MigrationRefused } from '../migrate/older-processes.js';
import { StartError } from '../operate/health/start-error.js';

/** What PostgreSQL says to a role that may not. */
const notAllowed = '42501';

/**
 * Brings the toolkit's schema in the database of a process up to date, in a session of its own. @throws {StartError} where the role may
 * not, and where processes of another release are in the way.
 */
export async function bringUpToDate(database: Database): Promise<void> {
  const logger = new Logger('Strangler');
  const client = await database.session();
  try {
    await migrate(client, { say: (sentence) => logger.warn(sentence) });
  } catch (error) {
    if (error instanceof MigrationRefused) throw new StartError(error.message);
    if ((error as { code?: unknown }).code !== notAllowed) throw error;
    throw new StartError(await sentence(client, error as Error));
  } finally {
    await client.end();
  }
}

async function sentence(client: Client, { message }: Error): Promise<string> {
  const { rows } = await client.query<{ database: string; role: string }>(
    'select current_database() as database, current_user as role',
  );
  const { database, role } = rows[0]!;
  return `the role ${role} may not bring the schema strangler of the database ${database} up to date (${message}): run migrate of nestjs-strangler/migrate as a role that may, in each deployment, and start with migrate: false`;
}
