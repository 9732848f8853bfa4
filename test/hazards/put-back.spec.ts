import type { Finding } from '#strangler';
import { startPostgres, type OwnPostgres } from '../support/own-postgres.js';
import { Client } from '../support/shop.js';
import { until } from '../support/until.js';
import { Scene } from './support/scene.js';

/*
 * The files of one database are put back from a backup, by hand or because a standby was promoted that lacked the last commits.
 * What would go wrong: it owns what it owned then, takes writes beside its owner, and what was acknowledged since is overwritten.
 */
let postgres: OwnPostgres;
let scene: Scene;
let customer: Client;

afterEach(async () => {
  await scene.close();
  await postgres.stop();
});

async function open(setting: 'DATABASE_URL' | 'INVENTORY_DATABASE_URL'): Promise<void> {
  postgres = await startPostgres();
  scene = await Scene.open({ [setting]: postgres.database('put_back') });
  customer = await Client.register(scene.shop.url);
}

const advised = async () =>
  (await scene.get<{ items: Finding[] }>('/doctor?module=inventory')).body.items.find(({ problem }) =>
    problem.includes('was put back'),
  );
/** The one command that doctor names. */
async function rejoin(): Promise<void> {
  const found = await until('doctor names the command', advised);
  expect(found.remedy).toContain('rejoin inventory');
  const { status, body } = await scene.act('rejoin');
  expect({ status, detail: body.detail }).toEqual({ status: 202, detail: undefined });
}
const descriptions = (side: 'monolith' | 'extracted') =>
  scene.on<object>(side, 'select sku, description, on_hand, received from inventory.stock_item order by sku');
const rogue = (side: 'monolith' | 'extracted', sku: string) =>
  scene.on(side, `update inventory.stock_item set description = 'rogue' where sku = $1`, [sku]);

it('of the service, which owns a half: it takes no write, and becomes the copy of the monolith', async () => {
  await open('INVENTORY_DATABASE_URL');
  await scene.goTo('shifting', 50);
  const putBack = await postgres.backUp();
  await scene.until(
    'both sides confirm',
    ({ degraded, sides }) => !degraded && Boolean(sides.extracted?.healthy),
  );
  const load = await scene.load(811);
  await load.placed(40);
  await load.stop();
  await putBack();
  await scene.until('it is known', ({ sides }) => sides.extracted?.health === 'rolled back');
  await expect(rogue('extracted', scene.one('moves'))).rejects.toMatchObject({ code: 'SR425' });
  expect((await scene.order(customer, scene.one('stays'))).status).toBe(201);
  await scene.want('dual-write');
  await rejoin();
  await scene.reaches('dual-write');
  expect((await scene.order(customer, scene.one('moves'))).status).toBe(201);
  await scene.check(load, 'monolith');
  await scene.until(
    'the copy is filled',
    ({ backfill }) => backfill !== null && backfill.done === backfill.total,
  );
  expect(await scene.differences()).toBe(0);
  expect(
    (await scene.history()).some(({ action, outcome }) => action === 'rejoin' && outcome === 'done'),
  ).toBe(true);
}, 180_000);

it('of the monolith, from before the move: it takes no write, and becomes the copy of the service', async () => {
  await open('DATABASE_URL');
  const putBack = await postgres.backUp();
  await scene.goTo('extracted');
  await scene.order(customer, scene.one('moves'));
  await scene.on('extracted', `update inventory.stock_item set description = 'since then' where sku = $1`, [
    scene.one('stays'),
  ]);
  const before = await descriptions('extracted');
  await scene.shop.end('SIGTERM');
  await putBack();
  await scene.restartShop();
  await scene.until('it is known', ({ sides }) => sides.monolith?.health === 'rolled back');
  // Its triggers are from before, too: here it is the commands that ask.
  expect(await scene.order(customer.at(scene.shop.url), scene.one('moves'))).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
  });
  await rejoin();
  await scene.reaches('extracted');
  await until('the copy is filled', async () =>
    JSON.stringify(await descriptions('monolith')) === JSON.stringify(before) ? true : undefined,
  );
  expect(await descriptions('extracted')).toEqual(before);
  expect(await scene.differences()).toBe(0);
}, 180_000);
