import { until } from '../support/until.js';
import { PutBack } from './support/put-back.js';

/*
 * The monolith's files are put back from a backup that was made before its module moved out. What would go wrong: it owns everything
 * there, takes writes beside the true owner, and copies its old rows over what was acknowledged since.
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
