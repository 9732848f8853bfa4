import pg from 'pg';
import { Client } from '../../support/shop.js';
import { Scene } from '../support/scene.js';

/*
 * A row of 60 MB, more than goes over even in pieces. What would go wrong: it is lost on the way, or everything waits behind it,
 * or buckets are fenced that can never be drained. A smaller one, which is larger than a message, goes over like any other.
 */
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.open();
});
afterAll(() => scene.close());

const describeWith = (sku: string, bytes: number) =>
  scene.on('monolith', `update inventory.stock_item set description = repeat('x', $2) where sku = $1`, [
    sku,
    bytes,
  ]);
const tooLarge = 60_000_000;
/** Goes over in pieces; each time, for customers write the row over and over, and each batch that names it has all of it. */
const large = 4_000_000;
const parked = async () =>
  (await scene.get<{ items: { pk: string[]; reason: string }[] }>('/modules/inventory/parked')).body.items;
const fence = async () =>
  (await scene.on('monolith', `select fence_from from strangler.ownership where module = 'inventory'`))[0];
const stopped = (phase: string) =>
  scene.until(
    'it says what it waits for',
    (status) => status.phase === phase && Boolean(status.waitingFor?.startsWith('1 quarantined row')),
  );

it('there from the beginning: it is set aside, and nothing moves before it is smaller', async () => {
  const load = await scene.load(521);
  await describeWith('S-1', tooLarge);
  await scene.want('extracted');
  const { waitingFor, transition } = await stopped('dual-write');
  expect(waitingFor).toContain('npm run -s strangler -- parked inventory');
  expect(transition).toBeNull();
  expect(await parked()).toEqual([
    expect.objectContaining({
      pk: ['S-1'],
      reason: expect.stringMatching(/^row of 600\d{5} bytes, of which at most \d+ go over: make it smaller/),
    }),
  ]);
  await load.placed(20);

  await describeWith('S-1', large);
  await scene.reaches('extracted');
  await load.placed(20);
  await load.stop();
  expect(await scene.differences()).toBe(0);
  await scene.check(load, 'extracted');
  await scene.goTo('monolith');
}, 180_000);

it('grown on the way: no bucket is fenced, and its own key is ordered as before', async () => {
  await scene.goTo('shifting', 50);
  const load = await scene.load(522);
  const sku = scene.one('stays');
  const { epoch } = await scene.status();
  await describeWith(sku, tooLarge);
  await scene.until('it is set aside', ({ sides }) => sides.monolith?.quarantined === 1);
  await scene.want('extracted');
  const { waitingFor, epoch: now } = await stopped('shifting');
  expect(waitingFor).toContain('quarantined');
  expect(now).toBe(epoch);
  expect(await fence()).toEqual({ fence_from: null });
  const customer = await Client.register(scene.shop.url);
  expect((await scene.order(customer, sku)).status).toBe(201);
  await load.placed(20);

  await describeWith(sku, large);
  await scene.reaches('extracted');
  expect(await parked()).toEqual([]);
  await load.stop();
  expect(await scene.differences()).toBe(0);
  await scene.check(load, 'extracted');
}, 180_000);

it('written, and not yet committed: no hand-off begins before that has ended, and none is done after it', async () => {
  await scene.goTo('shifting', 50);
  const sku = scene.one('stays');
  const writer = new pg.Client({ connectionString: scene.urls.monolith });
  await writer.connect();
  await writer.query('begin');
  await writer.query(`update inventory.stock_item set description = repeat('x', $2) where sku = $1`, [
    sku,
    tooLarge,
  ]);
  await scene.want('extracted');
  await scene.until(
    'it waits for the transaction',
    ({ waitingFor }) => waitingFor?.includes('transaction') ?? false,
  );
  await writer.query('commit');
  await writer.end();
  // A hand-off may have begun before the row was set aside: it is taken back, and no fence stays.
  await stopped('shifting');
  expect(await fence()).toEqual({ fence_from: null });
  await describeWith(sku, large);
  await scene.reaches('extracted');
  expect(await scene.differences()).toBe(0);
}, 180_000);
