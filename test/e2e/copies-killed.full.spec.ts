import { accountOf } from '#sample';
import { choosePort } from '../../libs/platform/src/embedded/ports.js';
import { Load } from '../hazards/support/load.js';
import { startBalancer, type Balancer } from '../support/balancer.js';
import { startNats, type TestNats } from '../support/nats.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, type Program } from '../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  readyGateway,
  openService,
  openShop,
  type ShopSetup,
} from '../support/shop.js';
import { until } from '../support/until.js';

/*
 * Nothing but services, two copies of each, and two gateways in front. While customers order, one of each is killed. What would go wrong: a
 * request that a client may not send again is lost with it, or one that he sends again takes effect twice.
 */
const skus = Array.from({ length: 8 }, (_, i) => `K-${i}`);

let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let gateways: Program[];
let services: [Program, Program][];
let front: Balancer;
let load: Load | undefined;

beforeAll(async () => {
  [nats, own] = await Promise.all([startNats(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  await setup.extract(moduleNames);
  const shop = await openShop(setup);
  const copies = async (name: (typeof moduleNames)[number]): Promise<[Program, Program]> => [
    await openService(setup, name),
    await openService(setup, name),
  ];
  services = await Promise.all(moduleNames.map(copies));
  await setup.arrived();
  const admin = await Client.admin(shop.url);
  await Promise.all(skus.map((sku) => admin.stock(sku, 10_000)));
  const ports = [await choosePort(), await choosePort()];
  gateways = await Promise.all(
    ports.map((port) => readyGateway(setup, own.url, { PORT: String(port), CACHE: '0s' })),
  );
  front = await startBalancer(ports.map((port) => `http://localhost:${port}`));
}, 180_000);
afterAll(async () => {
  load?.abandon();
  endAllPrograms();
  await front.close();
  await nats.stop();
  await Promise.all([setup.drop(), own.drop()]);
});

it('one of two gateways and one of two copies of each service are killed: what is sent again is answered, once', async () => {
  load = await Load.start({ url: front.url, seed: 43, skus, clients: 5 });
  await load.placed(20);
  await gateways[0]!.end('SIGKILL');
  await load.placed(15);
  for (const [victim] of services) {
    await victim.end('SIGKILL');
    await load.placed(15);
  }
  await load.stop();
  // Each was a read, or had a key; a client sends these again, and hears what came of them.
  const lost = load.history.events.filter(({ status }) => status === 0 || status >= 500);
  const others = lost.filter(({ status }) => ![0, 502, 503, 504].includes(status));
  expect(others).toEqual([]);
  expect(load.contradictions).toEqual([]);
  expect(load.history.of('order', 'ok').length).toBeGreaterThanOrEqual(95);
  const account = await until('no saga is open', async () => {
    const now = await accountOf({
      inventory: setup.databaseOf('inventory'),
      payments: setup.databaseOf('payments'),
      orders: setup.databaseOf('orders'),
    });
    return now.violations.some(({ rule }) => rule === 'open_saga') ? undefined : now;
  });
  expect(account.violations).toEqual([]);
}, 300_000);
