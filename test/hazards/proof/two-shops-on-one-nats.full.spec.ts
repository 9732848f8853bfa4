import type { Finding, ModuleStatus } from 'nestjs-strangler';
import { writeFile } from 'node:fs/promises';
import { absentDatabase } from '../../support/postgres.js';
import { Client, openService } from '../../support/shop.js';
import { until } from '../../support/until.js';
import { Scene } from '../support/scene.js';

/*
 * Two whole shops, each with its own databases and its own service of inventory, share a NATS and its namespace; then a second service
 * is started for one of them on another database (a typo, a new deployment). What would go wrong: half of the calls and batches go to
 * the other one, and each shop sells the other one's stock.
 */
let first: Scene;
let second: Scene;

beforeAll(async () => {
  first = await Scene.open();
  await first.goTo('shifting', 50);
  second = await Scene.open({ NATS_URL: first.nats.url });
  await second.goTo('extracted');
}, 180_000);
afterAll(async () => {
  await second.close();
  await first.close();
});

const reserved = async (scene: Scene, side: 'monolith' | 'extracted') => {
  const [row] = await scene.on<{ sold: number }>(
    side,
    'select coalesce(sum(received - on_hand), 0)::int as sold from inventory.stock_item',
  );
  return row!.sold;
};
const orders = async (scene: Scene) => {
  const [row] = await scene.on<{ count: number }>(
    'monolith',
    'select count(*)::int as count from orders.orders',
  );
  return row!.count;
};
const doctor = async (scene: Scene) =>
  (await scene.get<{ items: Finding[] }>('/doctor?module=inventory')).body.items;

it('each works alone: its orders take its own stock, on both of its databases, and nothing else', async () => {
  const [ann, bob] = [await Client.register(first.shop.url), await Client.register(second.shop.url)];
  for (const which of ['stays', 'moves', 'moves'] as const)
    expect(await first.order(ann, first.one(which))).toMatchObject({ status: 201 });
  for (const which of ['stays', 'moves'] as const)
    expect(await second.order(bob, second.one(which))).toMatchObject({ status: 201 });
  for (const [scene, count, customer] of [
    [first, 3, ann],
    [second, 2, bob],
  ] as const) {
    expect(await orders(scene)).toBe(count);
    const ids = [ann.id, bob.id];
    const accounts = await scene.on('monolith', 'select id from users.account where id::text = any($1)', [
      ids,
    ]);
    expect(accounts).toEqual([{ id: customer.id }]);
    await scene.until('all is carried over', ({ lagMs, degraded }) => lagMs === 0 && !degraded);
    for (const side of ['monolith', 'extracted'] as const) expect(await reserved(scene, side)).toBe(count);
    expect(await scene.differences()).toBe(0);
  }
  const named = /in this namespace there is another shop: this service/;
  expect(await doctor(first)).toContainEqual(
    expect.objectContaining({ problem: expect.stringMatching(named) }),
  );
}, 120_000);

it('where the service of one is gone, that of the other does not answer in its place', async () => {
  const [ann, bob] = [await Client.register(first.shop.url), await Client.register(second.shop.url)];
  await first.service.end('SIGKILL');
  const before = [await reserved(second, 'extracted'), await orders(second)];
  expect(await first.order(ann, first.one('moves'))).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
  });
  expect(await second.order(bob, second.one('moves'))).toMatchObject({ status: 201 });
  expect([await reserved(second, 'extracted'), await orders(second)]).toEqual(
    before.map((count) => count + 1),
  );
  await first.restartService();
}, 120_000);

it('under load a second service on another database gets no call and no change; it says so, and so do status and doctor', async () => {
  const load = await first.load(313);
  await load.placed(10);
  const other = absentDatabase();
  const env = { ...first.setup.env, INVENTORY_DATABASE_URL: other.url };
  const service = await openService({ ...first.setup, env }, 'inventory');
  await service.printed(
    /serves no calls: its database \S+ is not paired; the shop whose database is \S+ has its service on/,
  );
  const [, health = ''] = /health (http[^\s"]+)/.exec(service.output())!;
  const ready = await fetch(health);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    expect.objectContaining({
      detail: expect.stringMatching(/not ready: shop \(inventory serves no calls: /),
    }),
  ]);
  const named = /there is a second service of inventory, on the database/;
  await first.until('status names it', ({ notices }) => notices.some((notice) => named.test(notice)));
  expect(await doctor(first)).toContainEqual(
    expect.objectContaining({ problem: expect.stringMatching(named) }),
  );
  await load.placed(40);
  const query = <T extends object>(sql: string) => first.setup.on<T>(other.url, sql);
  expect(await query('select from inventory.stock_item')).toEqual([]);
  expect(await query('select from strangler.applied')).toEqual([]);
  expect(await query('select from inventory.idempotency')).toEqual([]);
  await service.end('SIGTERM');
  await first.until(
    'it is forgotten',
    ({ notices }: ModuleStatus) => !notices.some((notice) => named.test(notice)),
  );
  await load.placed(10);
  await load.stop();
  await first.until('all is carried over', ({ lagMs, degraded }) => lagMs === 0 && !degraded);
  expect(await first.differences()).toBe(0);
  for (const side of ['monolith', 'extracted'] as const) await first.check(load, side);
  await other.drop();
}, 120_000);

it('of two services of a module that has not moved yet neither is taken, until one of them is stopped', async () => {
  const open = async () => {
    const database = absentDatabase();
    const env = { ...first.setup.env, PAYMENTS_DATABASE_URL: database.url };
    return { database, service: await openService({ ...first.setup, env }, 'payments') };
  };
  const [one, two] = await Promise.all([open(), open()]);
  const peers = async () => {
    const rows = await Promise.all(
      [one, two].map(({ database }) =>
        first.setup.on<{ peer: string | null }>(database.url, 'select peer from strangler.ownership'),
      ),
    );
    return rows.map(([row]) => row?.peer ?? null);
  };
  const payments = async () => (await first.get<ModuleStatus>('/modules/payments')).body;
  await writeFile(
    first.setup.env['STRANGLER_CONFIG'] as string,
    'modules:\n  inventory: { phase: shifting, percent: 50 }\n  payments: { phase: dual-write, bake: 0s, gates: { minSamples: 0 } }\n',
  );
  await until('it is told', async () =>
    JSON.stringify(await payments()).includes('two services answer, on the databases') ? true : undefined,
  );
  expect(await peers()).toEqual([null, null]);
  await two.service.end('SIGTERM');
  await until('it goes on', async () => ((await payments()).phase === 'dual-write' ? true : undefined));
  const [shop] = await first.setup.query<{ id: string }>('select strangler.database_id() as id');
  expect(await peers()).toEqual([shop!.id, null]);
  await one.service.end('SIGTERM');
  await Promise.all([one, two].map(({ database }) => database.drop()));
}, 120_000);
