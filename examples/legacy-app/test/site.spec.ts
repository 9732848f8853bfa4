import { freshDatabase } from '../../../test/support/postgres.js';
import { routers } from '../src/routers.js';
import { openWebsite } from '../src/website.js';
import { behavesAsASite } from './behaviour.js';

/* LEGACY_TEST_URL names a site that runs already, wherever it is reached; without it one is started here. */
let site: { url: string; close(): Promise<void> };

beforeAll(async () => {
  const url = process.env.LEGACY_TEST_URL;
  site = url ? { url, close: async () => undefined } : await start();
});
afterAll(() => site.close());

async function start(): Promise<typeof site> {
  const database = await freshDatabase();
  const { url, close } = await openWebsite(
    { port: 0, host: '127.0.0.1', databaseUrl: database.url, sessionSecret: 'for a test', trustProxy: false },
    routers,
  );
  return { url, close: () => close().then(() => database.drop()) };
}

behavesAsASite(() => site.url);
