import pg from 'pg';
import { EmbeddedError, codeOf } from '../embedded-error.js';

const TIMEOUT_MS = 3_000;
const TOO_MANY_CONNECTIONS = '53300';
const WRONG_PASSWORD = '28P01';

/**
 * True if the server lets us in, or says that it is full, which takes a working server too.
 *
 * @throws EmbeddedError if the password is not the server's: waiting would not help.
 */
export async function answersTo(port: number, password: string, passwordFile: string): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined); // the server may end between two messages
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    if (codeOf(error) !== WRONG_PASSWORD) return codeOf(error) === TOO_MANY_CONNECTIONS;
    throw new EmbeddedError(`the password in ${passwordFile} is not the database's: put the right file back`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
