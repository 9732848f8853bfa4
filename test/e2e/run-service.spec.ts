import { startNats, type TestNats } from '../support/nats.js';
import { parcelsDatabase } from '../support/parcels.js';
import type { TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';

/* A service of three lines: its settings come from the environment. */
const program = 'test/support/shipping-service.js';
let nats: TestNats;
let database: TestDatabase;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), parcelsDatabase('extracted')]);
});
afterAll(async () => {
  endAllPrograms();
  await Promise.all([nats.stop(), database.drop()]);
});

it('says when it serves, tells machines so, and ends when it is told to', async () => {
  const env = { DATABASE_URL: database.url, NATS_URL: nats.url, HEALTH_PORT: '0' };
  const service = startProgram(program, [], env);
  const [, url = ''] = await service.printed(/shipping is served .* · health (http:\S+?ready)/);
  const { status, notes } = (await (await fetch(url)).json()) as { status: string; notes: string[] };
  expect([status, notes[0]]).toEqual(['ok', expect.stringContaining('shop')]);
  expect(await service.end()).toBe(0);
});

it('that cannot start says all that is wrong with its settings', async () => {
  const service = startProgram(program, [], { DATABASE_URL: 'mysql://a', HEALTH_PORT: 'web' });
  expect(await service.ended()).toBe(1);
  expect(service.output().trim().split('\n')).toEqual([
    'DATABASE_URL: a URL that begins with postgres:// or postgresql:// is expected',
    'NATS_URL: a URL that begins with nats:// or tls:// is expected',
    'HEALTH_PORT=web: a port number from 0 to 65535 is expected',
  ]);
});
