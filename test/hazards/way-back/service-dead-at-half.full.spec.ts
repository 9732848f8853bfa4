import { Client } from '../../support/shop.js';
import { until } from '../../support/until.js';
import type { Load } from '../support/load.js';
import { Scene } from '../support/scene.js';

/*
 * At 50 % the extracted service dies. What could go wrong: keys that stayed are dragged along; answers wait for it; it comes
 * back and the sides differ; it is given up, comes back all the same, and what it wrote meanwhile is taken for data.
 */
let scene: Scene;
let load: Load;
let customer: Client;

beforeAll(async () => {
  scene = await Scene.open();
  customer = await Client.register(scene.shop.url);
  await scene.goTo('shifting', 50);
});
afterAll(() => scene.close());

const order = (which: 'stays' | 'moves') => scene.order(customer, scene.one(which));
const product = (sku: string) => customer.send('GET', `/api/v1/products/${sku}`);
const killService = async () => {
  await load.placed(20);
  await scene.service.end('SIGKILL');
  await scene.until('it shows that it is degraded', ({ degraded }) => degraded);
};

it('dead for a while: what stayed goes on, what moved is unavailable; back again, nothing is lost', async () => {
  load = await scene.load(501);
  await killService();
  expect(await scene.status()).toMatchObject({ phase: 'shifting', percent: 50, rollbackSafe: false });
  for (let i = 0; i < 5; i++) {
    expect(await order('stays')).toMatchObject({ status: 201, body: { status: 'confirmed' } });
    expect((await product(scene.one('stays'))).status).toBe(200);
    expect(await product(scene.one('moves'))).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await order('moves')).status).toBe(503);
  }
  const list = await customer.send<{ items: { sku: string }[] }>('GET', '/api/v1/products?limit=100');
  expect(list.body.items.map(({ sku }) => sku)).toEqual(expect.arrayContaining([...scene.received.keys()]));

  await scene.restartService();
  await scene.until(
    'it is no longer degraded',
    ({ degraded, sides }) => !degraded && sides.extracted !== null,
  );
  expect((await order('moves')).status).toBe(201);
  await load.placed(20);
  await load.stop();
  await scene.until('all is carried over', ({ lagMs }) => lagMs === 0);
  expect(await scene.differences()).toBe(0);
  await scene.check(load, 'monolith', 'some');
  await scene.check(load, 'extracted', 'some');
}, 180_000);

it('dead for good: the monolith takes over once the operator has fenced it, with all that was acknowledged', async () => {
  load = await scene.load(502);
  await killService();
  const [relay] = await scene.on<{ calm: boolean }>(
    'extracted',
    `select degraded_since is null as calm from strangler.relay where module = 'inventory'`,
  );
  // Else this test would be about something else: what is answered while degraded may be missing.
  expect(relay).toEqual({ calm: true });

  const unfenced = await scene.act('failover', { iHaveFencedIt: false });
  expect(unfenced).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('--i-have-fenced-it') },
  });
  const accepted = await scene.act('failover', { iHaveFencedIt: true });
  expect(accepted).toMatchObject({ status: 202 });
  expect(accepted.body.plan?.[0]).toMatch(/50 %.*may be missing/);
  await scene.reaches('monolith');
  const told = (await scene.history()).find(({ reason }) => reason?.includes('may be missing'));
  expect(told).toMatchObject({ action: 'failover', actor: expect.stringContaining('admin@') });
  // Each process hears of it in its own time.
  await until('customers can order', async () => ((await order('moves')).status === 201 ? true : undefined));
  await load.placed(20);
  await load.stop();
  await scene.check(load, 'monolith', 'some');
}, 180_000);

it('and whoever comes back afterwards gives way: what it wrote is a report, never data', async () => {
  const sku = scene.one('moves');
  const zombie = `update inventory.stock_item set description = 'from beyond' where sku = $1`;
  await scene.on('extracted', zombie, [sku]);
  const before = await scene.on('monolith', 'select * from inventory.stock_item order by sku');

  await scene.restartService();
  const noted = await until('the history tells of it', async () =>
    (await scene.history()).find(({ reason }) => reason?.includes('is back')),
  );
  expect(noted.figures).toMatchObject({ extractedBelow: 0 });
  expect(noted.figures['reported']).toBeGreaterThan(0);
  await expect(scene.on('extracted', zombie, [sku])).rejects.toMatchObject({ code: 'SR409' });
  expect(await scene.on('monolith', 'select * from inventory.stock_item order by sku')).toEqual(before);
  expect(await product(sku)).toMatchObject({ status: 200, body: { description: sku } });

  // It may set out again; then what it had is overwritten.
  await scene.want('shifting', 50);
  await scene.act('resume');
  await scene.reaches('shifting', 50);
  expect(await scene.differences()).toBe(0);
  const [row] = await scene.on('extracted', 'select description from inventory.stock_item where sku = $1', [
    sku,
  ]);
  expect(row).toEqual({ description: sku });
}, 180_000);
