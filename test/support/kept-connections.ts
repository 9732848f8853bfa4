import pg from 'pg';

/** Connections for looks that come soon after each other: to connect takes both sides far longer than to look. */
const pools = new Map<string, pg.Pool>();
const keptMs = 250;

/** A read of tables: it leaves nothing in a session, depends on none, and may be done once more. */
const look =
  /^\s*select\b(?=.*\bfrom\b)(?!.*\b(?:pg_\w+|set_config|current_setting|nextval|for (?:no key )?update|for (?:key )?share)\b)/is;

/** One statement, on a connection on which nothing else runs meanwhile. */
export async function queryOnce<T extends object>(
  url: string,
  sql: string,
  params?: unknown[],
): Promise<T[]> {
  const once = () => connected(url, async (client) => (await client.query<T>(sql, params)).rows);
  if (!look.test(sql)) return once();
  try {
    return (await poolOf(url).query<T>(sql, params)).rows;
  } catch (error) {
    // One that was kept may have been ended meanwhile, by a test or with its server.
    if (/^(?!57P01)\w{5}$/.test((error as pg.DatabaseError).code ?? '')) throw error;
    return once();
  }
}

export async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
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
