import type { Finding } from '#strangler';
import { until } from '../support/until.js';
import { Client, openShop, type OpenShop, type Premises } from '../support/shop.js';
import { OperatorClient } from '../support/operator.js';
import { queryOnce } from '../support/postgres.js';
import { Scene } from './support/scene.js';

/*
 * The monolith's database is put back from a copy in which it owns what has moved since, or which a second shop is started on by
 * mistake. What would go wrong: two sides write the same keys, and nobody notices.
 */
let scene: Scene;
let copied: Premises;
let shop: OpenShop;
let operator: OperatorClient;
let customer: Client;

const server = (url: string): string => Object.assign(new URL(url), { pathname: '/postgres' }).href;
const nameOf = (url: string): string => new URL(url).pathname.slice(1);

beforeAll(async () => {
  scene = await Scene.open();
  customer = await Client.register(scene.shop.url);
  await scene.goTo('shifting', 50);
  await scene.shop.end('SIGKILL');
  // A change that is on its way, in both: a fenced database does not send it.
  const onItsWay = `update inventory.stock_item set description = 'on its way' where sku = $1`;
  await scene.premises.query(onItsWay, [scene.one('stays')]);
  const { shop: url } = scene.premises.urls;
  const copy = `${nameOf(url)}_copy`;
  await until('nobody is connected any more', async () => {
    const sql = 'select from pg_stat_activity where datname = $1';
    return (await queryOnce(server(url), sql, [nameOf(url)])).length === 0 ? true : undefined;
  });
  await queryOnce(server(url), `create database ${copy} template ${nameOf(url)}`);
  const copyUrl = Object.assign(new URL(url), { pathname: `/${copy}` }).href;
  const { premises } = scene;
  copied = {
    ...premises,
    env: { ...premises.env, DATABASE_URL: copyUrl },
    query: (sql, params) => queryOnce(copyUrl, sql, params),
    urls: { ...premises.urls, shop: copyUrl },
  };
  shop = await openShop(copied);
  operator = await OperatorClient.of(shop);
  customer = customer.at(shop.url);
}, 120_000);
afterAll(async () => {
  await shop.end('SIGKILL');
  const { shop: url } = copied.urls;
  await queryOnce(server(url), `drop database ${nameOf(url)} with (force)`);
  await scene.close();
});

const rogue = (sku: string) =>
  copied.query(`update inventory.stock_item set description = 'rogue' where sku = $1`, [sku]);
const buy = (which: 'stays' | 'moves') => scene.order(customer, scene.one(which));

it('it says so, and takes no write, neither from customers nor from psql', async () => {
  expect(shop.output()).toMatch(/starts fenced.*doctor/);
  expect(await buy('stays')).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  await expect(rogue(scene.one('stays'))).rejects.toMatchObject({ code: 'SR423' });
  await expect(rogue(scene.one('moves'))).rejects.toMatchObject({ code: 'SR423' });
}, 120_000);

it('beside the original it takes nothing that is meant for that one, and sends nothing old', async () => {
  await scene.restartShop();
  const load = await scene.load(571);
  await load.placed(40);
  await load.stop();
  // Had the copy stored a batch in its place, the original would never get it.
  await scene.until('all is carried over', ({ lagMs, degraded }) => lagMs === 0 && !degraded);
  expect(await scene.differences()).toBe(0);
  await scene.check(load, 'monolith');
  await scene.check(load, 'extracted');
  await scene.shop.end('SIGTERM');
}, 120_000);

it('doctor explains it, and frees nothing by itself', async () => {
  const { items } = (await operator.get<{ items: Finding[] }>('/doctor?module=inventory')).body;
  const found = items.find(({ problem }) => problem.includes('fenced'));
  expect(found).toMatchObject({ repairable: false, remedy: expect.stringContaining('failover inventory') });
  expect(found?.remedy).toMatch(/restored from a backup, or is a copy/);
  await operator.act('inventory', 'doctor', { repair: true });
  await expect(rogue(scene.one('stays'))).rejects.toMatchObject({ code: 'SR423' });
});

it('nor does a walk', async () => {
  await scene.want('extracted');
  await until('it is held', async () => {
    const { waitingFor, wanted } = await operator.status('inventory');
    return wanted.phase === 'extracted' && waitingFor?.includes('monolith has fenced buckets')
      ? true
      : undefined;
  });
  await expect(rogue(scene.one('stays'))).rejects.toMatchObject({ code: 'SR423' });
});

it('an operator who accepts what it has frees it, and the other side is fenced', async () => {
  // Of modules that do not move there is no other owner: they are served, as in any copy.
  const { status, body } = await operator.act('inventory', 'failover', { iHaveFencedIt: true });
  expect({ status, body }).toMatchObject({ status: 202 });
  await until('customers can order', async () => ((await buy('moves')).status === 201 ? true : undefined));
  expect((await buy('stays')).status).toBe(201);
  await until('the other side has given way', async () => {
    const [row] = await scene.on<{ gave: boolean }>(
      'extracted',
      `select extracted_below = 0 as gave from strangler.ownership where module = 'inventory'`,
    );
    return row?.gave ? true : undefined;
  });
}, 180_000);
