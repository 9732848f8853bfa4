import type { Finding } from 'nestjs-strangler';
import { copyOf, freshDatabase } from '../../support/postgres.js';
import { Client } from '../../support/shop.js';
import { until } from '../../support/until.js';
import { Scene } from '../support/scene.js';

/*
 * The service of a module is started on another database than the one that the shop knows. While the module is at home that is nobody's
 * loss, so it must do; once it has moved for good nobody but its own database has the rows, so a person has to say that nothing is missing.
 */
let scene: Scene;
const drops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await scene.close();
  for (const drop of drops.splice(0)) await drop();
});

const findings = async (): Promise<Finding[]> =>
  (await scene.get<{ items: Finding[] }>('/doctor?module=inventory')).body.items;

it('a module that is at home gets a service on a new database, and moves out to that one', async () => {
  scene = await Scene.open();
  const customer = await Client.register(scene.shop.url);
  await scene.goTo('extracted');
  await scene.goTo('monolith');
  await scene.service.end('SIGTERM');
  const another = await freshDatabase();
  drops.push(() => another.drop());
  await scene.serviceOn(another.url);
  await scene.goTo('extracted');
  expect((await scene.order(customer, scene.one('moves'))).status).toBe(201);
  expect(await scene.differences()).toBe(0);
  expect((await findings()).filter(({ module }) => module === 'inventory')).toEqual([]);
}, 180_000);

it('a module that has moved for good is served by a copy of its database only on the word of an operator', async () => {
  scene = await Scene.open();
  const customer = await Client.register(scene.shop.url);
  await scene.goTo('extracted');
  const sku = scene.one('moves');
  expect((await scene.order(customer, sku)).status).toBe(201);
  expect(await scene.differences()).toBe(0);
  await until('it may be decommissioned', async () =>
    (await scene.act('decommission', { confirm: 'inventory' })).status === 202 ? true : undefined,
  );
  await scene.reaches('decommissioned');
  await scene.service.end('SIGTERM');
  const copy = await copyOf(scene.urls.extracted);
  drops.push(() => copy.drop());
  await scene.serviceOn(copy.url);
  expect((await scene.order(customer, sku)).status).toBe(503);
  const remedy = await until(
    'doctor has seen it',
    async () => (await findings()).find(({ problem }) => problem.includes('was moved there'))?.remedy,
  );
  expect(remedy).toContain('serve-unproven inventory --i-have-fenced-it');
  expect(await scene.act('serve-unproven', { iHaveFencedIt: false })).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('nothing is missing') as string },
  });
  expect((await scene.act('serve-unproven', { iHaveFencedIt: true })).status).toBe(200);
  await scene.until('it is served again', ({ sides }) => sides.extracted?.health === 'up');
  expect((await scene.order(customer, sku)).status).toBe(201);
}, 180_000);

it('the service is lost, and what is left is a copy of its database that lacks something: the monolith takes over, and nothing is missing', async () => {
  scene = await Scene.open();
  const customer = await Client.register(scene.shop.url);
  await scene.goTo('shifting', 50);
  await scene.service.end('SIGTERM');
  const copy = await copyOf(scene.urls.extracted);
  drops.push(() => copy.drop());
  await scene.restartService();
  await scene.until(
    'both sides confirm',
    ({ degraded, sides }) => !degraded && sides.extracted?.health === 'up',
  );
  const load = await scene.load(97);
  await load.placed(30);
  await load.stop();
  await scene.service.end('SIGKILL');
  await scene.serviceOn(copy.url, /this database was moved, or is a copy/);
  const remedy = await until(
    'doctor has seen it',
    async () => (await findings()).find(({ problem }) => problem.includes('was moved there'))?.remedy,
  );
  expect(remedy).toContain('failover');
  expect((await scene.act('failover', { iHaveFencedIt: true })).status).toBe(202);
  await scene.want('dual-write');
  expect((await scene.act('resume')).status).toBe(200);
  await scene.reaches('dual-write');
  await scene.check(load, 'monolith', 'some');
  expect((await scene.order(customer, scene.one('moves'))).status).toBe(201);
  expect(await scene.differences()).toBe(0);
}, 180_000);
