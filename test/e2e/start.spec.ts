import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';
import { OperatorClient } from '../support/operator.js';
import { until } from '../support/until.js';
import { makeSetup, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';
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
      'an argument that it does not take',
      monolith,
      ['--prot', '3'],
      () => ({}),
      /^--prot 3: it takes no arguments; see --help/,
    ],
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
      'a database that is not there',
      monolith,
      [],
      () => ({ DATABASE_URL: 'postgres://x:secret@127.0.0.1:1/shop' }),
      /^the database shop at 127.0.0.1:1 \(DATABASE_URL\) cannot be opened: (?!.*secret)/,
    ],
    [
      'a data folder that is a file',
      monolith,
      [],
      () => ({ DATABASE_URL: '', DATA_DIR: join(folder, 'file') }),
      /^cannot use the data folder .*file/,
    ],
    ['no module', extracted, [], () => ({}), /^no module is named: npm run start:extracted -- <module>/],
  ])('for %s says so', async (_what, entry, args, change, sentence) => {
    const program = startProgram(entry, args, { ...env, ...change() });
    expect(await program.ended()).toBe(1);
    expect(program.output().trim()).toMatch(sentence);
    expect(program.output().trim().split('\n')).toHaveLength(1);
  });
});

describe('a start beside another', () => {
  let setup: ShopSetup;
  let shop: OpenShop;

  beforeAll(async () => {
    setup = await makeSetup();
  });

  afterAll(async () => {
    endAllPrograms();
    await setup.drop();
  });

  it('on an empty database migrates once, and both open', async () => {
    const shops = await Promise.all([openShop(setup), openShop(setup)]);
    for (const { url } of shops) expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await Promise.all(shops.map((shop) => shop.end()))).toEqual([0, 0]);
  });

  it('with a strangler.yaml that is refused opens all the same, and says so with its line', async () => {
    await writeFile(setup.env.STRANGLER_CONFIG!, 'modules:\n  shipping: monolith\n');
    shop = await openShop(setup);
    expect(shop.output()).toMatch(
      /strangler.yaml line 2 refused: modules.shipping: there is no such module .*stays in force/,
    );
    const operator = await OperatorClient.of(shop);
    await until('status says it', async () =>
      (await operator.status('users')).notices.some((notice) => notice.includes('line 2 refused'))
        ? true
        : undefined,
    );
    const { body } = await operator.get<{ items: { problem: string }[] }>('/doctor');
    expect(body.items[0]?.problem).toContain('line 2 refused');
  });

  it('that reads another strangler.yaml is named, with what each leads', async () => {
    await setup.steerByHand();
    const other = `${setup.env.STRANGLER_CONFIG}.other`;
    await writeFile(other, 'modules: {} # another\n');
    const shops = [shop, await openShop({ ...setup, env: { ...setup.env, STRANGLER_CONFIG: other } })];
    for (const shop of shops) {
      const operator = await OperatorClient.of(shop);
      const said = await until('both are named', async () =>
        (await operator.status('users')).notices.find((notice) => notice.includes('different files')),
      );
      for (const { process } of shops) expect(said).toContain(`process ${process.pid} on `);
      expect(said).toMatch(/leads .*users/);
      expect(said).toContain(`${other} (text `);
    }
    await Promise.all(shops.map((shop) => shop.end()));
  });
});
