import pg from 'pg';

/** Ends what the set-up began. @throws when a test has left a database behind: it has not ended its modules. */
export default async function tearDown(): Promise<void> {
  const left = await dropLeftovers();
  await globalThis.embeddedForTests?.release();
  if (left.length > 0) throw new Error(`tests have left databases behind: ${left.join(', ')}`);
}

/** Drops the databases of this run and of runs that were killed; answers those of this run. */
async function dropLeftovers(): Promise<string[]> {
  const url = new URL(process.env.TEST_SUPERUSER_URL ?? process.env.TEST_POSTGRES_URL ?? '');
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query<{ name: string; run: string }>(
    `select datname as name, (regexp_match(datname, '^test_(\\d+)_'))[1] as run from pg_database
     where datname ~ '^test_\\d+_'`,
  );
  const ended = rows.filter(({ run }) => run === process.env.TEST_RUN || !isRunning(Number(run)));
  for (const { name } of ended) await client.query(`drop database if exists ${name} with (force)`);
  await client.end();
  return ended.filter(({ run }) => run === process.env.TEST_RUN).map(({ name }) => name);
}

/** A run is named after its process. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
