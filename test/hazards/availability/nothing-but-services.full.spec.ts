import { callers, calls, contracts } from '#contracts';
import { natsAuthorization } from '#platform';
import { natsPermissions, Subjects } from 'nestjs-strangler';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type TestNats } from '../../support/nats.js';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  openGateway,
  openService,
  openShop,
  readyGateway,
  type ShopSetup,
} from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * Every module has left, and the monolith is not there. Services and gateways are started anew, one gateway with nothing in its database:
 * nobody who tells routes or keys to all is left, so all of them are deaf. NATS lets each say what it may, and no more.
 */
let folder: string;
let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase[];

const of = (who: string): ShopSetup => ({
  ...setup,
  env: { ...setup.env, NATS_URL: nats.url.replace('//', `//shop.${who}:shop.${who}@`) },
});
const openServices = (): Promise<Program[]> =>
  Promise.all(moduleNames.map((name) => openService(of(name), name)));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nats-'));
  const logins = natsPermissions(new Subjects(), contracts, calls, callers).map((may) => ({
    ...{ name: may.name, password: may.name, may },
  }));
  const config = join(folder, 'nats.conf');
  await writeFile(config, natsAuthorization(logins));
  [nats, ...own] = await Promise.all([startNats('-c', config), freshDatabase(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  await setup.extract(moduleNames);
});
afterAll(async () => {
  endAllPrograms();
  await nats.stop();
  await Promise.all([setup.drop(), ...own.map((each) => each.drop()), rm(folder, { recursive: true })]);
});

const everybody = 'inventory=extracted, orders=extracted, payments=extracted, users=extracted';

it('the shop sells on, also through a gateway that nobody has heard of; and the monolith that comes back is followed', async () => {
  const [monolith, services, gateway] = await Promise.all([
    openShop(of('monolith')),
    openServices(),
    openGateway(of('gateway'), own[0]!.url),
  ]);
  await setup.arrived();
  const admin = await until('the gateway lets people in', () =>
    Client.admin(gateway.url).then(
      (client) => client,
      () => undefined,
    ),
  );
  await admin.stock('N-1', 10);

  await monolith.end('SIGKILL');
  await Promise.all([...services, gateway].map((program) => program.end('SIGKILL')));
  await openServices();
  const [anew, unheard] = await Promise.all(own.map((database) => readyGateway(of('gateway'), database.url)));
  for (const { url } of [anew!, unheard!]) {
    const customer = await Client.register(url);
    const placed = await customer.order('one', { 'N-1': 2 });
    expect([placed.status, placed.headers.get('x-served-by')]).toEqual([201, everybody]);
    // Answers wait a moment for the other side of each module, until it is known that nobody is there.
    await until('it is paid', async () => {
      const { body } = await customer.send<{ status: string }>('GET', `/api/v1/orders/${placed.body.id}`);
      return body.status === 'confirmed' ? true : undefined;
    });
  }
  const product = await fetch(`${unheard!.url}/api/v1/products/N-1`);
  expect(await product.json()).toMatchObject({ available: 6 });

  await setup.extract(['inventory', 'orders', 'payments']);
  await openShop(of('monolith'));
  await setup.arrived();
  const customer = await Client.register(unheard!.url);
  await until('the users are at home again', async () => {
    const { headers } = await customer.send('GET', `/api/v1/users/${customer.id}`);
    return headers.get('x-served-by') === 'users=monolith' ? true : undefined;
  });
  expect((await customer.order('two', { 'N-1': 1 })).status).toBe(201);
}, 180_000);
