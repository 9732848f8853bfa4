import { provideRole, withClient } from '#platform';
import { acquireEmbedded, type EmbeddedLease } from 'nestjs-strangler-embedded-servers';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

declare global {
  /** Kept for the tear-down, which runs in the same process. */
  var embeddedForTests: EmbeddedLease | undefined;
}

/** Starts PostgreSQL for the whole run, unless TEST_POSTGRES_URL names one. */
export default async function setUp(): Promise<void> {
  process.env.TEST_RUN = String(process.pid);
  if (process.env.TEST_POSTGRES_URL) return;
  globalThis.embeddedForTests = await acquireEmbedded({ dataDir: '.data/test' });
  // Its program is fetched once, before there are workers: who fetches clears away what others have begun to. What is wrong
  // with it, a test that needs one says.
  await globalThis.embeddedForTests.need('nats').catch(() => undefined);
  // Not beside what the user's own shops have had confirmed.
  process.env.XDG_STATE_HOME = resolve('.data/test/state');
  process.env.TEST_SUPERUSER_URL = await globalThis.embeddedForTests.need('postgres');
  await answerSooner(process.env.TEST_SUPERUSER_URL);
  process.env.TEST_POSTGRES_URL = await plainUrl(process.env.TEST_SUPERUSER_URL);
}

/** No test takes the machine's power away, so nothing need be on its disk; what a server that is killed has written is safe all the same. */
const answerSooner = (superuserUrl: string): Promise<void> =>
  withClient(`${superuserUrl}/postgres`, async (client) => {
    for (const setting of ['fsync', 'full_page_writes'])
      await client.query(`alter system set ${setting} = off`);
    await client.query('select pg_reload_conf()');
  });

/** Tests connect as a plain role that may make databases, so that nothing passes because a superuser does it. */
async function plainUrl(superuserUrl: string): Promise<string> {
  const url = new URL(superuserUrl);
  // Two runs may use one server, so the role and its password are the same for all.
  const role = 'tests';
  const password = createHash('sha256').update(url.password).digest('hex');
  await withClient(`${superuserUrl}/postgres`, async (client) => {
    // Nobody guesses it here, and tests connect thousands of times.
    await client.query('set scram_iterations = 1');
    await client.query(`select pg_advisory_lock(hashtextextended('test role', 0))`);
    await provideRole(client, { role, password }, 'createdb');
    // Templates of a version that made them as superuser.
    const others = await client.query<{ datname: string }>(
      `select datname from pg_database where datname ~ '^(unfinished_)?template_[0-9a-f]{12}$' and datdba <> $1::regrole`,
      [role],
    );
    for (const { datname } of others.rows) await client.query(`drop database ${datname}`);
  });
  url.username = role;
  url.password = password;
  return url.href;
}
