import { acquireEmbedded, type EmbeddedLease } from '#platform';

declare global {
  /** Kept for the tear-down, which runs in the same process. */
  var embeddedForTests: EmbeddedLease | undefined;
}

/** Starts PostgreSQL for the whole run, unless TEST_POSTGRES_URL names one. */
export default async function setUp(): Promise<void> {
  process.env.TEST_RUN = String(process.pid);
  if (process.env.TEST_POSTGRES_URL) return;
  globalThis.embeddedForTests = await acquireEmbedded({ dataDir: '.data/test' });
  process.env.TEST_POSTGRES_URL = await globalThis.embeddedForTests.need('postgres');
}
