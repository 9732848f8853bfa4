import { Logger } from '@nestjs/common';
import type { Client } from 'pg';
import type { Database } from '../database/database.js';
import { TableError } from '../database/tables.js';
import { migrate } from '../migrate/migrate.js';
import { MigrationRefused } from '../migrate/older-processes.js';
import { StartError } from '../operate/health/start-error.js';

/** What PostgreSQL says where a schema, a table, a column or a function is not there. */
const notThere = ['3F000', '42P01', '42703', '42883'];

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

/** What a start has failed with, as a {@link StartError} where a deployment has left something out. Pure. */
export function startErrorOf(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (error instanceof TableError) return new StartError(message, { cause: error });
  if (!notThere.includes(code ?? '') || !/\bstrangler\./.test(message)) return error;
  const missing = `the schema strangler of the database is missing, or of a release before (${message})`;
  return new StartError(
    `${missing}: run migrate of nestjs-strangler/migrate in each deployment, or start without migrate: false`,
    { cause: error },
  );
}

async function sentence(client: Client, { message }: Error): Promise<string> {
  const { rows } = await client.query<{ database: string; role: string }>(
    'select current_database() as database, current_user as role',
  );
  const { database, role } = rows[0]!;
  return `the role ${role} may not bring the schema strangler of the database ${database} up to date (${message}): run migrate of nestjs-strangler/migrate as a role that may, in each deployment, and start with migrate: false`;
}
