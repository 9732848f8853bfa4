import { until } from '../../support/until.js';
import { PutBack } from '../support/put-back.js';

/*
 * A side's files are put back from a backup: the monolith's from before its module moved out, and in other moments; or a server only
 * starts anew. What would go wrong: the monolith owns everything there, takes writes beside the true owner, and copies its old rows
 * over what was acknowledged since.
 */
let shop: PutBack;

afterEach(() => shop.close());

it('of the monolith, from before the move: it takes no write, and becomes the copy of the service', async () => {
  shop = await PutBack.open('monolith');
  const { scene, customer, postgres } = shop;
  const putBack = await postgres.backUp();
  await scene.goTo('extracted');
  await scene.order(customer, scene.one('moves'));
  await scene.on('extracted', `update inventory.stock_item set description = 'since then' where sku = $1`, [
    scene.one('stays'),
  ]);
  const before = await shop.products('extracted');
  await scene.shop.end('SIGTERM');
  await putBack();
  await scene.restartShop();
  await scene.until('it is known', ({ sides }) => sides.monolith?.health === 'rolled back');
  // Its triggers are from before, too: here it is the commands that ask.
  expect(await scene.order(customer.at(scene.shop.url), scene.one('moves'))).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
  });
  await shop.rejoin();
  await scene.reaches('extracted');
  await until('the copy is filled', async () =>
    JSON.stringify(await shop.products('monolith')) === JSON.stringify(before) ? true : undefined,
  );
  expect(await shop.products('extracted')).toEqual(before);
  expect(await scene.differences()).toBe(0);
}, 180_000);

it('of the service, which owns a half: it takes no write, and becomes the copy of the monolith', async () => {
  shop = await PutBack.open('extracted');
  const { scene, customer, postgres } = shop;
  await scene.goTo('shifting', 50);
  const putBack = await postgres.backUp();
  await shop.quiet();
  const load = await scene.load(811);
  await load.placed(40);
  await load.stop();
  await putBack();
  await scene.until('it is known', ({ sides }) => sides.extracted?.health === 'rolled back');
  await expect(shop.rogue('extracted', scene.one('moves'))).rejects.toMatchObject({ code: 'SR425' });
  expect((await scene.order(customer, scene.one('stays'))).status).toBe(201);
  await scene.want('dual-write');
  await shop.rejoin();
  await scene.reaches('dual-write');
  expect((await scene.order(customer, scene.one('moves'))).status).toBe(201);
  await scene.check(load, 'monolith');
  await shop.quiet();
  expect(await scene.differences()).toBe(0);
  expect(
    (await scene.history()).some(({ action, outcome }) => action === 'rejoin' && outcome === 'done'),
  ).toBe(true);
}, 180_000);

it('of the service, which is the copy: it is filled anew, by itself', async () => {
  shop = await PutBack.open('extracted');
  const { scene, postgres } = shop;
  await scene.goTo('dual-write');
  await shop.quiet();
  const putBack = await postgres.backUp();
  await shop.quiet();
  const load = await scene.load(812);
  await load.placed(40);
  await load.stop();
  await putBack();
  await shop.quiet();
  await scene.check(load, 'monolith', 'some');
  await scene.goTo('extracted');
  await scene.check(load, 'extracted', 'some');
  expect(await scene.differences()).toBe(0);
}, 180_000);

/** The monolith is the owner, and both sides have confirmed each other; then the service is killed. */
async function withoutService(): Promise<PutBack> {
  shop = await PutBack.open('monolith');
  const { scene, customer } = shop;
  await scene.goTo('dual-write');
  await shop.quiet();
  expect((await scene.order(customer, scene.one('stays'))).status).toBe(201);
  await scene.service.end('SIGKILL');
  return shop;
}

it.each(['in order', 'crash'] as const)(
  'the server of the monolith ends (%s) while the service is away: the file outside says that nothing is missing',
  async (how) => {
    shop = await withoutService();
    const { scene, customer, postgres } = shop;
    await postgres.end(how);
    await postgres.restart();
    await scene.until('it takes writes', ({ sides }) => sides.monolith?.health === 'up');
    expect((await scene.order(customer, scene.one('stays'))).status).toBe(201);
    await scene.restartService();
    await shop.quiet();
    expect(await scene.differences()).toBe(0);
  },
  180_000,
);

it('the server of the monolith ends while the service is away, and the file outside is gone: an operator has to say that nothing is missing', async () => {
  shop = await withoutService();
  const { scene, customer, postgres } = shop;
  await shop.loseWitness('monolith');
  await postgres.end('crash');
  await postgres.restart();
  await scene.until('it is held', ({ sides }) => sides.monolith?.health === 'unproven');
  expect((await scene.order(customer, scene.one('stays'))).status).toBe(503);
  expect(await shop.remedy('is unproven')).toContain('serve-unproven inventory --i-have-fenced-it');
  expect((await scene.act('serve-unproven', { iHaveFencedIt: true })).status).toBe(200);
  expect((await scene.order(customer, scene.one('stays'))).status).toBe(201);
  const entry = (await scene.history()).find(({ action }) => action === 'serve-unproven');
  expect(entry).toMatchObject({ outcome: 'done' });
  await scene.restartService();
  await shop.quiet();
  expect(await scene.differences()).toBe(0);
}, 180_000);

it('of the monolith, from before the move, which was moved by hand, with the embedded NATS: the service holds that, so it is asked', async () => {
  shop = await PutBack.open('monolith', { NATS_URL: '' });
  const { scene, customer, postgres } = shop;
  const putBack = await postgres.backUp();
  await scene.goTo('extracted');
  expect((await scene.order(customer, scene.one('moves'))).status).toBe(201);
  await scene.setup.steerByHand();
  await scene.shop.end('SIGTERM');
  await shop.loseWitness('monolith');
  await putBack();
  await scene.restartShop();
  await scene.until('it is known', ({ sides }) => sides.monolith?.health === 'rolled back');
  expect((await scene.order(customer.at(scene.shop.url), scene.one('moves'))).status).toBe(503);
  await shop.rejoin();
  await scene.reaches('extracted');
  expect((await scene.order(customer.at(scene.shop.url), scene.one('moves'))).status).toBe(201);
}, 180_000);
