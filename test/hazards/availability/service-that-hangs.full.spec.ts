import type { Order } from '#contracts';
import { randomUUID } from 'node:crypto';
import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  openService,
  openShop,
  type Answer,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * The service of inventory hangs: its connections stay, and it answers nothing. Whoever calls it gets an answer, or is told to come again, within the
 * time that the contract gives the call; who calls others notices nothing; and what was ordered meanwhile ends once it goes on.
 */
let nats: TestNats;
let setup: ShopSetup;
let shop: OpenShop;
let service: Program;

/** More than an order may take by its contract (8 s), and a browser waits for; nobody is left without an answer so long, in ms. */
const longestMs = 20_000;
const opening = 1_000;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
  shop = await openShop(setup);
  service = await openService(setup, 'inventory');
  const admin = await Client.admin(shop.url);
  await admin.stock('H-1', opening);
  await setup.extract(['inventory']);
  await setup.arrived();
});
afterAll(async () => {
  service.process.kill('SIGCONT');
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const inTime = <T>(answer: Promise<Answer<T>>): Promise<Answer<T>> =>
  Promise.race([
    answer,
    new Promise<never>((_resolve, reject) =>
      AbortSignal.timeout(longestMs).addEventListener('abort', () => reject(new Error('no answer'))),
    ),
  ]);

const many = <T>(count: number, ask: (i: number) => Promise<Answer<T>>): Promise<Answer<T>[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => inTime(ask(i))));

it('callers are answered or told to come again, others notice nothing, and each order is placed once', async () => {
  const customer = await Client.register(shop.url);
  const first = await customer.order(randomUUID(), { 'H-1': 1 });
  expect(first.status).toBe(201);
  const keys = Array.from({ length: 10 }, () => randomUUID());

  service.process.kill('SIGSTOP');
  const [looks, orders, others] = await Promise.all([
    many(40, () => customer.send('GET', '/api/v1/products/H-1')),
    many(10, (i) => customer.order(keys[i]!, { 'H-1': 1 })),
    many(40, () => customer.send<Order>('GET', `/api/v1/orders/${first.body.id}`)),
  ]);
  for (const { status, body, headers } of [...looks, ...orders]) {
    expect([503, 504]).toContain(status);
    expect(['unavailable', 'outcome_unknown']).toContain((body as { code: string }).code);
    if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));

  service.process.kill('SIGCONT');
  for (const key of keys)
    await until('the order is placed', async () => {
      const { status } = await customer.order(key, { 'H-1': 1 });
      return status === 201 ? true : undefined;
    });
  const sold = await until('its stock is sold', async () => {
    const [row] = await setup.on<{ on_hand: number; sold: number }>(
      setup.databaseOf('inventory'),
      `select on_hand::int, sold::int from inventory.stock_item where sku = 'H-1' and reserved = 0`,
    );
    return row;
  });
  expect(sold).toEqual({ on_hand: opening - 11, sold: 11 });
}, 240_000);
