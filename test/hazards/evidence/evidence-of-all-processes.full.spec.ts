import { writeFile } from 'node:fs/promises';
import { bucketOf } from '#strangler/routes/bucket';
import type { ModuleSeries } from 'nestjs-strangler';
import { startNats, type TestNats } from '../../support/nats.js';
import { OperatorClient } from '../../support/operator.js';
import { endAllPrograms } from '../../support/programs.js';
import { Client, makeSetup, openService, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * Half of the stock has moved, and who asks for it is the service of orders, and a monolith that dies. What would go wrong: their
 * calls do not count, so the gates wait for others; or the next leader begins with nothing.
 */
let nats: TestNats;
let setup: ShopSetup;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
});
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const want = (inventory: string) =>
  writeFile(
    setup.env['STRANGLER_CONFIG'] as string,
    `modules:
  orders: { phase: extracted, ramp: [100], bake: 0s, gates: { minSamples: 0 } }
  inventory: ${inventory}\n`,
  );
const gate = async (operator: OperatorClient, name: string) =>
  (await operator.status('inventory')).gates.find((each) => each.name === name);
/** Waits until the gate knows of so many calls of customers to the service of inventory, and of no more. */
async function sees(operator: OperatorClient, count: number): Promise<void> {
  const customers = await until(`${count} calls are seen`, async () => {
    const known = (await gate(operator, 'error rate'))?.customers ?? 0;
    return known >= count ? known : undefined;
  });
  expect(customers).toBe(count);
}

const skus = Array.from({ length: 50 }, (_, i) => `E-${i}`);
const isMoved = (sku: string): boolean => bucketOf('inventory', sku) < 5_000;
const [moved, stayed] = [skus.find(isMoved), skus.find((sku) => !isMoved(sku))] as [string, string];

/** Orders of one product of each side, a few at once. Each reserves, and commits: two calls to each side, by who serves orders. */
async function order(customer: Client, name: string, count: number): Promise<void> {
  const left = Array.from({ length: count }, (_, i) => `${name}-${i}`);
  const worker = async () => {
    for (let key = left.pop(); key; key = left.pop()) {
      expect(await customer.order(key, { [moved]: 1, [stayed]: 1 })).toMatchObject({ status: 201 });
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

it('calls of services and of a leader that was killed turn the gate of the next leader', async () => {
  const [first] = await Promise.all([
    openShop(setup),
    openService(setup, 'orders'),
    openService(setup, 'inventory'),
  ]);
  const operator = await OperatorClient.of(first);
  const admin = await Client.admin(first.url);
  await Promise.all([moved, stayed].map((sku) => admin.stock(sku, 1_000)));
  await want('{ phase: shifting, percent: 50, ramp: [50], bake: 0s, gates: { minSamples: 0, probes: off } }');
  await until('half has moved', async () =>
    (await operator.status('inventory')).percent === 50 ? true : undefined,
  );
  await until('orders is extracted', async () =>
    (await operator.status('orders')).phase === 'extracted' ? true : undefined,
  );
  // Its p99 gate takes 160 calls.
  await want(
    '{ phase: extracted, ramp: [50, 100], bake: 1s, gates: { probes: off, minSamples: 40, errorRate: 0.2, p99Ratio: 1000 } }',
  );
  const second = await openShop(setup);
  const next = await OperatorClient.of(second);
  const customer = await Client.register(first.url);
  // Windows that were begun before the step do not count.
  await until('the step is older than a window', async () =>
    ((await gate(operator, 'bake'))?.value ?? 0) > 3_000 ? true : undefined,
  );

  await order(customer, 'first', 30);
  await sees(operator, 60);
  for (let i = 0; i < 40; i++) await customer.send('GET', `/api/v1/products/${moved}`);
  await sees(operator, 100);
  expect((await operator.status('inventory')).percent).toBe(50);
  await until('a chart shows them all, too', async () => {
    const { body } = await operator.get<ModuleSeries>('/modules/inventory/series?minutes=15');
    const calls = body.calls.extracted.reduce((sum, each) => sum + each * body.stepSeconds, 0);
    return Math.round(calls) >= 100 ? true : undefined;
  });

  await first.end('SIGKILL');
  await sees(next, 100);
  // On a busy machine a side may be late for a moment: then all is counted anew, and more is needed.
  let rounds = 0;
  await until('all has moved', async () => {
    await order(customer.at(second.url), `second-${rounds++}`, 40);
    return (await next.status('inventory')).percent === 100 ? true : undefined;
  });
  const step = (await next.history('inventory')).find(
    ({ from, figures }) => from === 'shifting' && 'error rate' in figures,
  );
  const { customers } = step?.figures['error rate'] as { customers: number };
  expect(customers).toBeGreaterThanOrEqual(160);
}, 180_000);
