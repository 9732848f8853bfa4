import type { Finding } from 'nestjs-strangler';
import { until } from '../../support/until.js';
import { Client, openShop, type OpenShop, type ShopSetup } from '../../support/shop.js';
import { OperatorClient } from '../../support/operator.js';
import { queryOnce } from '../../support/postgres.js';
import { Scene } from '../support/scene.js';

/*
 * The monolith's database is copied by dump or as a template while half of a module is elsewhere, and a shop is started on the copy: by
 * mistake beside the original, or to take its place. What would go wrong: two sides write the same keys, and nobody notices; or the
 * copy is never served, though nothing is missing in it.
 */
let scene: Scene;
let copied: ShopSetup;
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
  // A change that is on its way, in both: the copy does not send it.
  const onItsWay = `update inventory.stock_item set description = 'on its way' where sku = $1`;
  await scene.setup.query(onItsWay, [scene.one('stays')]);
  const { shop: url } = scene.setup.urls;
  const copy = `${nameOf(url)}_copy`;
  await until('nobody is connected any more', async () => {
    const sql = 'select from pg_stat_activity where datname = $1';
    return (await queryOnce(server(url), sql, [nameOf(url)])).length === 0 ? true : undefined;
  });
  await queryOnce(server(url), `create database ${copy} template ${nameOf(url)}`);
  const copyUrl = Object.assign(new URL(url), { pathname: `/${copy}` }).href;
  const { setup } = scene;
  copied = {
    ...setup,
    env: { ...setup.env, DATABASE_URL: copyUrl },
    query: (sql, params) => queryOnce(copyUrl, sql, params),
    urls: { ...setup.urls, shop: copyUrl },
  };
  await scene.restartShop();
  shop = await openShop(copied);
  operator = await OperatorClient.of(shop);
}, 120_000);
afterAll(async () => {
  await shop.end('SIGKILL');
  const { shop: url } = copied.urls;
  await queryOnce(server(url), `drop database ${nameOf(url)} with (force)`);
  await scene.close();
});

const rogue = (sku: string) =>
  copied.query(`update inventory.stock_item set description = 'rogue' where sku = $1`, [sku]);

it('beside its original it takes no write, neither from customers nor from psql', async () => {
  expect(shop.output()).toMatch(/moved, or is a copy.*doctor/);
  const there = customer.at(shop.url);
  expect(await scene.order(there, scene.one('stays'))).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
  });
  await expect(rogue(scene.one('stays'))).rejects.toMatchObject({ code: 'SR425' });
  await expect(rogue(scene.one('moves'))).rejects.toMatchObject({ code: 'SR425' });
}, 120_000);

it('the original goes on as if there were none', async () => {
  const load = await scene.load(571);
  await load.placed(40);
  await load.stop();
  // Had the copy stored a batch in its place, the original would never get it.
  await scene.until('all is carried over', ({ lagMs, degraded }) => lagMs === 0 && !degraded);
  expect(await scene.differences()).toBe(0);
  await scene.check(load, 'monolith');
  await scene.check(load, 'extracted');
}, 120_000);

it('doctor says what it is, and whose processes are to end', async () => {
  const { items } = (await operator.get<{ items: Finding[] }>('/doctor?module=inventory')).body;
  const found = items.find(({ problem }) => problem.includes('moved, or is a copy'));
  expect(found).toMatchObject({
    repairable: false,
    problem: expect.stringContaining('its original is served'),
  });
  expect(found?.remedy).toMatch(/stop the processes of the original/);
});

it('one that lacks what the original has taken since is held when that one is gone', async () => {
  await scene.shop.end('SIGTERM');
  await until('doctor says so', async () => {
    const { items } = (await operator.get<{ items: Finding[] }>('/doctor?module=inventory')).body;
    const found = items.find(({ problem }) => problem.includes('it lacks something'));
    return found?.remedy.includes('rejoin inventory') ? true : undefined;
  });
  await expect(rogue(scene.one('stays'))).rejects.toMatchObject({ code: 'SR425' });
}, 120_000);

it('as the copy of the other side, which has everything, it takes the place of the original', async () => {
  const { status, body } = await operator.act('inventory', 'rejoin', {});
  expect({ status, body }).toMatchObject({ status: 202 });
  const buy = () => scene.order(customer.at(shop.url), scene.one('stays'));
  await until('customers can order', async () => ((await buy()).status === 201 ? true : undefined));
}, 180_000);

it('the original, started again, is refused by name', async () => {
  await scene.restartShop();
  await until('doctor says so', async () => {
    const { items } = (await scene.get<{ items: Finding[] }>('/doctor?module=inventory')).body;
    return JSON.stringify(items).includes('belongs to') ? true : undefined;
  });
  expect(await scene.order(customer.at(scene.shop.url), scene.one('stays'))).toMatchObject({ status: 503 });
}, 120_000);
