import { freePort } from '../../support/ports.js';
import { startBalancer } from '../../support/balancer.js';
import { endAllPrograms } from '../../support/programs.js';
import { Client, makeSetup, openShop, type OpenShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * A release: of two monoliths behind a load balancer one after the other is told to stop, and started again, while customers look and order.
 *
 *     load balancer                 kernel                        monolith
 *     connects                      connected; nobody has taken   is busy with others
 *                                   it up yet
 *                                                                 SIGTERM: closes its listener
 *     the connection is cut off     all that wait there are reset
 *
 * So it says first that it is not ready, and goes on for as long as the load balancer takes to see that.
 */
let setup: ShopSetup;
beforeAll(async () => {
  setup = await makeSetup();
});
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
});

const open = (port: number) => openShop({ ...setup, env: { ...setup.env, PORT: String(port), DRAIN: '2s' } });
const ready = async ({ url }: OpenShop) => (await fetch(`${url}/health/ready`)).status;

it('goes on while it says that it is not ready, and ends in order', async () => {
  const shop = await open(0);
  expect(await ready(shop)).toBe(200);
  const end = shop.end('SIGTERM');
  await until('it says so', async () => (await ready(shop)) === 503 || undefined);
  expect((await fetch(`${shop.url}/api/v1/products`)).status).toBe(200);
  expect((await fetch(`${shop.url}/health/live`)).status).toBe(200);
  expect(await end).toBe(0);
});

it('customers notice nothing of a release', async () => {
  const ports = [await freePort(), await freePort()];
  const shops = await Promise.all(ports.map(open));
  const balancer = await startBalancer(shops.map(({ url }) => url));
  const admin = await Client.admin(balancer.url);
  await admin.stock('RELEASED', 100_000);
  const customers = await Promise.all(Array.from({ length: 8 }, () => Client.register(balancer.url)));
  const answers: number[] = [];
  let over = false;
  const buying = customers.map(async (customer, i) => {
    for (let turn = 0; !over; turn++)
      answers.push((await customer.order(`${i} ${turn}`, { RELEASED: 1 })).status);
  });
  for (const i of [0, 1, 0, 1]) {
    const before = answers.length;
    expect(await shops[i]!.end('SIGTERM')).toBe(0);
    shops[i] = await open(ports[i]!);
    await until('orders go on', () => answers.length > before + 20 || undefined);
  }
  over = true;
  await Promise.all(buying);
  expect(answers.filter((status) => status !== 201)).toEqual([]);
  await balancer.close();
}, 240_000);
