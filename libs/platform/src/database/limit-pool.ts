import pg from 'pg';
import { ClosingClient } from './closing-client.js';
import { withSessionName } from './session-name.js';

/** How long a count may take, in ms: whoever tries to log in waits for it. */
const patienceMs = 1_000;

/**
 * The few connections with which the edge counts failed attempts: apart from the modules', which may all be taken. A crash of
 * the server may lose the last counts; in return none waits for the disk.
 */
export function openLimitPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: withSessionName(url, 'limits'),
    options: '-c synchronous_commit=off',
    max: 2,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    Client: ClosingClient,
  });
  // A connection that breaks while idle is replaced; unheard, the event would end the process.
  pool.on('error', () => undefined);
  return pool;
}
