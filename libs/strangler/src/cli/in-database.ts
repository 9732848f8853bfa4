import pg from 'pg';

/** A server that has fallen silent answers nothing, not even an error, in ms. */
const queryTimeoutMs = 60_000;

/** Opens a connection for `work`, and closes it. @throws pg's errors */
export async function inDatabaseAt<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
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
