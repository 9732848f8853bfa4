import { inventory } from '#contracts';
import { monolithUser, type Finding } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { NatsCalls } from '#strangler/calls/remote/client';
import { NatsLink } from '#strangler/nats/link';
import type { OwnKey } from '#strangler/nats/callers/caller-keys';
import { routeOf, Routes, type RouteEntry } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { randomUUID } from 'node:crypto';
import { runCli } from '../../support/run-cli.js';
import { until } from '../../support/until.js';
import { freePort } from '../../support/ports.js';
import { check } from '../support/check.js';
import { isReadBefore } from '../support/loss-account.js';
import { PutBack } from '../support/put-back.js';
import { isAlone, SideEvidence, writesOfNoOwner } from '../support/side-evidence.js';

/*
 * At 50 % the monolith and its database are lost, under load. The operator says in the service's database that it goes on alone. What
 * could go wrong: the service that runs notices nothing; others ask the monolith for ever; the monolith's database is found again, and
 * takes writes, or brings its rows back over those that were acknowledged since.
 */
let shop: PutBack;
let evidence: SideEvidence[] = [];

afterEach(async () => {
  await Promise.all(evidence.map((each) => each.stop()));
  await shop.close();
});

/** Another service of the shop, as it is left: what it was told last says that the monolith owns a half. */
function otherService(nats: { url: string }, databases: RouteEntry['databases'], key: OwnKey) {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  link.keys.hold(key, monolithUser);
  const routes = new Routes();
  routes.join({ shop: databases.monolith!, database: databases.monolith!, since: null, modules: [] });
  routes.replace({ inventory: { ...routeOf('shifting'), extractedBelow: 5_000, databases } });
  link.start();
  const router = new Router(routes, new LocalModules('extracted'), new NatsCalls(link, routes));
  return { inventory: router.port(inventory), close: () => link.close() };
}

it('the service sells all keys; the monolith comes back as its copy, with every acknowledged write in place', async () => {
  shop = await PutBack.open('monolith', { PORT: String(await freePort()) });
  const { scene, customer, postgres } = shop;
  await scene.goTo('shifting', 50);
  await shop.quiet();
  evidence = await Promise.all(
    (['monolith', 'extracted'] as const).map((side) => SideEvidence.of(scene.urls[side], ['inventory'])),
  );
  const load = await scene.load(1401);
  await load.placed(40);
  const [paired] = await scene.on<{ monolith: string; extracted: string }>(
    'monolith',
    `select strangler.database_id() as monolith, peer as extracted from strangler.ownership where module = 'inventory'`,
  );
  const [key] = await scene.on<OwnKey>(
    'monolith',
    'select kid::text, private_key as "privateKey" from strangler.own_key',
  );
  // Writes are on their way that the service does not get: nobody may have been told of them.
  scene.service.process.kill('SIGSTOP');
  await until('writes wait for the service', async () => {
    const sql = `select from strangler.outbox where module = 'inventory'`;
    return (await scene.on('monolith', sql)).length >= 4 ? true : undefined;
  });
  const lostAt = performance.now();
  await scene.shop.end('SIGKILL');
  await postgres.end('crash');
  scene.service.process.kill('SIGCONT');

  const typed = ['failover', 'inventory', '--database-url', scene.urls.extracted, '--i-have-fenced-it'];
  expect(await runCli([...typed, '--dry-run'], {})).toMatchObject({ code: 0, stderr: '' });
  expect(await runCli(typed, {})).toMatchObject({ code: 0, stderr: '' });

  // The same process of the service, which was told nothing.
  const other = otherService(scene.nats, paired!, key!);
  try {
    for (const which of ['stays', 'moves'] as const) {
      const sku = scene.one(which);
      const commandId = randomUUID();
      await until(`${which} is sold`, async () =>
        other.inventory.restock({ sku, quantity: 1 }, { commandId }).catch(() => undefined),
      );
      scene.received.set(sku, scene.received.get(sku)! + 1);
      expect((await other.inventory.getProduct({ sku })).sku).toBe(sku);
    }
  } finally {
    await other.close();
  }

  await postgres.restart();
  await scene.restartShop();
  await until('it has given way', async () => {
    const [row] = await scene.on<{ below: number }>(
      'monolith',
      `select extracted_below as below from strangler.ownership where module = 'inventory'`,
    );
    return row?.below === 10_000 ? true : undefined;
  });
  for (const which of ['stays', 'moves'] as const)
    await expect(shop.rogue('monolith', scene.one(which))).rejects.toMatchObject({ code: 'SR409' });
  const { remedy } = await until('doctor names rejoin', async () =>
    (await scene.get<{ items: Finding[] }>('/doctor?module=inventory')).body.items.find(({ problem }) =>
      problem.includes('has taken over'),
    ),
  );
  expect(remedy).toContain('rejoin inventory');
  expect(await scene.act('rejoin')).toMatchObject({ status: 202 });
  await scene.reaches('extracted');
  await load.placed(20);
  for (const which of ['stays', 'moves'] as const)
    expect((await scene.order(customer.at(scene.shop.url), scene.one(which))).status).toBe(201);
  await load.stop();
  await shop.quiet();
  expect(await scene.differences()).toBe(0);
  expect(await shop.products('monolith')).toEqual(await shop.products('extracted'));
  const { history } = load;
  load.doubt((event) => isAlone(evidence, history, event) || isReadBefore(lostAt, history, event));
  // What the monolith had not sent was answered to nobody; where a transaction had written in other modules, too, those keep theirs.
  const report = await scene.on<{ key: string }>('monolith', 'select key from strangler.given_up');
  await check(scene.setup, load, {
    received: scene.received,
    errors: 'some',
    reported: new Set(report.map(({ key }) => key)),
    databaseOf: (module) => scene.urls[module === 'inventory' ? 'extracted' : 'monolith'],
  });
  const writes = (await Promise.all(evidence.map((each) => each.writes()))).flat();
  expect(writesOfNoOwner(writes)).toEqual([]);
}, 180_000);
