import pg from 'pg';
import { withSessionName } from './session-name.js';

/** A server that has fallen silent answers nothing, not even an error; none of our statements here takes so long, in ms. */
const queryTimeoutMs = 60_000;

/** Opens a connection outside of any pool for `work` and closes it. @throws pg's errors, also when an answer takes a minute. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: withSessionName(url, 'set-up'),
    connectionTimeoutMillis: 5_000,
    query_timeout: queryTimeoutMs,
  });
  // A connection that breaks shows in the query that needs it; unheard, the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
