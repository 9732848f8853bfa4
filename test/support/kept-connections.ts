import pg from 'pg';

/** Connections for statements that come soon after each other: to connect takes both sides far longer than most statements. */
const pools = new Map<string, pg.Pool>();
const keptMs = 1_000;

/** What leaves something in a session, or asks about sessions: for that a connection is made and ended. */
const ofSession =
  /\b(?:set|reset|discard|begin|start|listen|notify|lock|prepare|set_config|current_setting|pg_\w*(?:lock|stat|backend|session|conf|pid)\w*|database|role|user)\b/i;

/** One statement, on a connection on which nothing else runs meanwhile. */
export async function queryOnce<T extends object>(
  url: string,
  sql: string,
  params?: unknown[],
): Promise<T[]> {
  const run = async (client: pg.Client | pg.Pool) => (await client.query<T>(sql, params)).rows;
  // `update t set x` changes rows, where `set x` changes the session.
  if (ofSession.test(sql.replace(/\bupdate\s+\S+(?:\s+(?:as\s+)?\w+)?\s+set\b/gi, '')))
    return connected(url, run);
  try {
    return await run(poolOf(url));
  } catch (error) {
    // One that was kept may have been ended meanwhile, by a test or with its server: then it did nothing.
    if (/^(?!57P01)\w{5}$/.test((error as pg.DatabaseError).code ?? '')) throw error;
    return connected(url, run);
  }
}

/** Work on a connection that is kept for the next one. */
export async function kept<T>(url: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await poolOf(url).connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // A server that ends is told by the query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Who copies or drops a database wants nobody to be there. */
export async function endKept(database: string): Promise<void> {
  const its = [...pools].filter(([url]) => new URL(url).pathname === `/${database}`);
  for (const [url] of its) pools.delete(url);
  await Promise.all(its.map(([, pool]) => pool.end()));
}

function poolOf(url: string): pg.Pool {
  const known = pools.get(url);
  if (known) return known;
  const pool = new pg.Pool({
    ...{ connectionString: url, max: 100, idleTimeoutMillis: keptMs, allowExitOnIdle: true },
  });
  pool.on('error', () => undefined);
  pools.set(url, pool);
  return pool;
}
