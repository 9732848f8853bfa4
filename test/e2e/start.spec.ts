import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';
import { makePremises, openShop, type Premises } from '../support/shop.js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const monolith = 'apps/monolith/src/main.js';
const extracted = 'apps/extracted/src/main.js';

/** One clear sentence, exit code not 0, nothing half-started. */
describe('a start that cannot be', () => {
  let folder: string;
  let database: TestDatabase;
  let taken: Server;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'start-'));
    database = await freshDatabase();
    taken = createServer().listen(0);
    await once(taken, 'listening');
    await writeFile(join(folder, 'file'), '');
    await writeFile(join(folder, 'strangler.yaml'), 'modules: {}');
    env = {
      PORT: '0',
      ADMIN_PORT: '0',
      DATABASE_URL: database.url,
      ADMIN_EMAIL: 'admin@shop.example',
      ADMIN_PASSWORD: 'correct horse battery',
      DATA_DIR: folder,
      STRANGLER_CONFIG: join(folder, 'strangler.yaml'),
      LOG_LEVEL: 'warn',
    };
  });

  afterAll(async () => {
    endAllPrograms();
    taken.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const takenPort = () => String((taken.address() as AddressInfo).port);

  it.each<[string, string, string[], () => Record<string, string>, RegExp]>([
    [
      'a busy port',
      monolith,
      [],
      () => ({ PORT: takenPort() }),
      /^port \d+ is in use by another program: .*PORT/,
    ],
    [
      'a busy admin port',
      monolith,
      [],
      () => ({ ADMIN_PORT: takenPort() }),
      /^port \d+ is in use .*ADMIN_PORT/,
    ],
    ['no port', monolith, [], () => ({ PORT: 'http' }), /^PORT=http: a port number/],
    [
      'no database URL',
      monolith,
      [],
      () => ({ DATABASE_URL: 'mysql://x' }),
      /^DATABASE_URL: a URL that begins with/,
    ],
    [
      'a database that is not there',
      monolith,
      [],
      () => ({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:1/shop' }),
      /^the database shop at 127.0.0.1:1 \(DATABASE_URL\) cannot be opened: (?!.*secret)/,
    ],
    ['no log level', monolith, [], () => ({ LOG_LEVEL: 'loud' }), /^LOG_LEVEL=loud: one of trace, debug/],
    [
      'a strangler.yaml that is not there',
      monolith,
      [],
      () => ({ STRANGLER_CONFIG: join(folder, 'none.yaml') }),
      /^STRANGLER_CONFIG=.*none.yaml: there is no such file/,
    ],
    ['half an admin', monolith, [], () => ({ ADMIN_EMAIL: '' }), /^ADMIN_EMAIL and ADMIN_PASSWORD: both/],
    [
      'half an identity provider',
      monolith,
      [],
      () => ({ JWT_ISSUER: 'x' }),
      /^JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE belong together/,
    ],
    [
      'a data folder that is a file',
      monolith,
      [],
      () => ({ DATABASE_URL: '', DATA_DIR: join(folder, 'file') }),
      /^cannot use the data folder .*file/,
    ],
    ['no module', extracted, [], () => ({}), /^no module is named: npm run start:extracted -- <module>/],
    ['an unknown module', extracted, ['shipping'], () => ({}), /^there is no module "shipping"/],
  ])('for %s says so', async (_what, entry, args, change, sentence) => {
    const program = startProgram(entry, args, { ...env, ...change() });
    expect(await program.ended()).toBe(1);
    expect(program.output().trim()).toMatch(sentence);
    expect(program.output().trim().split('\n')).toHaveLength(1);
  });

  it.each([
    ['modules: { inventory: { phase: gone } }', /strangler.yaml: modules.inventory: phase must be one of/],
    [
      'modules: { shipping: { phase: monolith } }',
      /strangler.yaml: modules.shipping: there is no such module/,
    ],
    ['modules: { users: { phase: decommissioned } }', /strangler.yaml: modules.users.phase: there is no way/],
    ['modules: [', /strangler.yaml: no valid YAML/],
  ])('for the strangler.yaml %j says so', async (text, sentence) => {
    await writeFile(join(folder, 'strangler.yaml'), text);
    const program = startProgram(monolith, [], env);
    expect(await program.ended()).toBe(1);
    expect(program.output().trim()).toMatch(sentence);
  });
});

describe('a start beside another', () => {
  let premises: Premises;

  beforeAll(async () => {
    premises = await makePremises();
  });

  afterAll(async () => {
    endAllPrograms();
    await premises.drop();
  });

  it('on an empty database migrates once, and both open', async () => {
    const shops = await Promise.all([openShop(premises), openShop(premises), openShop(premises)]);
    for (const { url } of shops) expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await Promise.all(shops.map((shop) => shop.end()))).toEqual([0, 0, 0]);
  });
});
