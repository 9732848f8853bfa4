import { choosePort } from '../../libs/platform/src/embedded/ports.js';
import { Load } from '../hazards/support/load.js';
import { startBalancer, type Balancer } from '../support/balancer.js';
import { startNats, type TestNats } from '../support/nats.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, readyGateway, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';

/*
 * Two gateways behind a load balancer, while customers order. Each is replaced, one after the other, as a release replaces them. What would
 * go wrong: a request is cut off, or comes to one that does not listen any more.
 */
const skus = Array.from({ length: 8 }, (_, i) => `Z-${i}`);
const opening = 10_000;
/** The load balancer looks for a copy that is ready every quarter of a second. */
const drained = { DRAIN: '3s' };

let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let ports: number[];
let gateways: OpenShop[];
let front: Balancer;
let load: Load | undefined;

beforeAll(async () => {
  [nats, own] = await Promise.all([startNats(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  const shop = await openShop(setup);
  const admin = await Client.admin(shop.url);
  await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
  ports = [await choosePort(), await choosePort()];
  gateways = await Promise.all(ports.map(open));
  front = await startBalancer(ports.map((port) => `http://localhost:${port}`));
}, 120_000);
afterAll(async () => {
  load?.abandon();
  endAllPrograms();
  await front.close();
  await nats.stop();
  await Promise.all([setup.drop(), own.drop()]);
});

const open = (port: number): Promise<OpenShop> =>
  readyGateway(setup, own.url, { ...drained, PORT: String(port) });

it('nobody notices that they are replaced', async () => {
  load = await Load.start({ url: front.url, seed: 41, skus, clients: 5 });
  await load.placed(20);
  for (const [i, port] of ports.entries()) {
    await gateways[i]!.end('SIGTERM');
    await load.placed(10);
    gateways[i] = await open(port);
    await load.placed(10);
  }
  await load.stop();
  const errors = load.history.events.filter(({ status }) => status === 0 || status >= 500);
  expect(errors).toEqual([]);
  expect(load.contradictions).toEqual([]);
  expect(load.history.of('order', 'ok').length).toBeGreaterThan(60);
}, 180_000);
