import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  openService,
  openShop,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { statusOf } from '../../support/operator.js';
import { until } from '../../support/until.js';

interface Product {
  sku: string;
  available: number;
}

/** One word in `strangler.yaml` moves a module with its data, while the shop runs. */
describe('a flip of inventory', () => {
  let nats: TestNats;
  let setup: ShopSetup;
  let shop: OpenShop;
  let admin: Client;

  beforeAll(async () => {
    nats = await startNats();
    setup = await makeSetup(nats.url);
    shop = await openShop(setup);
    admin = await Client.admin(shop.url);
  });

  afterAll(async () => {
    endAllPrograms();
    await setup.drop();
    await nats.stop();
  });

  const product = (sku: string) => admin.send<Product>('GET', `/api/v1/products/${sku}`);
  const servedBy = async (side: string) =>
    until(`inventory is served by ${side}`, async () => {
      const { headers } = await product('A-1');
      return headers.get('x-served-by') === `inventory=${side}` ? true : undefined;
    });

  it('waits for the service and then takes the goods along, there and back; a service that dies is 503 until it is back', async () => {
    await admin.stock('A-1', 5);
    await setup.extract(['inventory']);
    await until('it says what it waits for', async () => {
      const { waitingFor } = await statusOf(shop, 'inventory');
      return waitingFor?.includes('inventory') ? true : undefined;
    });
    expect((await product('A-1')).body).toMatchObject({ available: 5 });

    const first = await openService(setup, 'inventory');
    await servedBy('extracted');
    await setup.arrived();
    expect((await product('A-1')).body).toMatchObject({ available: 5 });
    await admin.stock('A-1', 7);

    await first.end('SIGKILL');
    const nobody = await product('A-1');
    expect(nobody.status).toBe(503);
    expect(nobody.body).toMatchObject({ code: 'unavailable', status: 503 });
    expect(Number(nobody.headers.get('retry-after'))).toBeGreaterThan(0);
    const again = await openService(setup, 'inventory');
    expect((await product('A-1')).body).toMatchObject({ available: 7 });

    await setup.extract([]);
    await setup.arrived();
    await servedBy('monolith');
    expect((await product('A-1')).body).toMatchObject({ available: 7 });
    await again.end();
    expect((await product('A-1')).status).toBe(200);
  });

  it('is answered by several copies, and a copy that stops loses no call', async () => {
    await setup.extract(['inventory']);
    const copies: Program[] = [];
    for (let i = 0; i < 2; i++) copies.push(await openService(setup, 'inventory'));
    await setup.arrived();
    await admin.stock('A-2', 9);
    let stop = false;
    const statuses = new Set<number>();
    const customers = Array.from({ length: 8 }, async () => {
      while (!stop) statuses.add((await product('A-2')).status);
    });
    await copies[0]?.end('SIGTERM');
    stop = true;
    await Promise.all(customers);
    expect([...statuses]).toEqual([200]);
    await copies[1]?.end();
  });

  it('carries the request id to the other side: it stands on the lines of both', async () => {
    await setup.extract(['inventory']);
    const service = await openService({ ...setup, env: { ...setup.env, LOG_LEVEL: 'info' } }, 'inventory');
    await servedBy('extracted');
    await admin.send('GET', '/api/v1/products/A-1', undefined, { 'x-request-id': 'order-4711' });
    const line = await service.printed(/^.*"msg":"call served".*$/m);
    await until('the line of the request', () =>
      service.output().includes('"requestId":"order-4711"') ? true : undefined,
    );
    expect(JSON.parse(line[0])).toMatchObject({ module: 'inventory' });
    // Home again first: the way back leads over the service.
    await setup.extract([]);
    await setup.arrived();
    await service.end();
  });

  it('ends in order when the shop is stopped: what it has begun is answered', async () => {
    await admin.stock('A-3', 3);
    const customer = await Client.register(shop.url);
    const slow = customer.order('slow', { 'A-3': 1 }, 'tok_slow');
    await until('the order is under way', async () => {
      const [row] = await setup.query<{ busy: number }>(
        `select count(*)::int as busy from pg_stat_activity where state = 'idle in transaction'`,
      );
      return row && row.busy > 0 ? true : undefined;
    });
    const [answer, code] = await Promise.all([slow, shop.end('SIGTERM')]);
    expect(answer).toMatchObject({ status: 201, body: { status: 'confirmed' } });
    expect(code).toBe(0);
  });
});
