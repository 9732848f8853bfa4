import { Logger } from '@nestjs/common';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { untilUp } from '../../../../test/support/rpc.js';
import { until } from '../../../../test/support/until.js';
import { Routes, type RouteTable } from '../routes.js';
import { NatsLink } from './link.js';
import { followRoutes, publishRoutes } from './route-sync.js';

/* Every process but the monolith learns from it where modules are served. One that does not hear of a flip calls the old side. */
let nats: TestNats;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  nats = await startNats();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => nats.stop());

function connected(): NatsLink {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  link.start();
  ends.push(() => link.close());
  return link;
}

function monolith(table: RouteTable): { routes: Routes; link: NatsLink } {
  const [routes, link] = [new Routes(), connected()];
  routes.replace(table);
  publishRoutes(link, routes);
  return { routes, link };
}

function follower(): { routes: Routes; link: NatsLink } {
  const [routes, link] = [new Routes(), connected()];
  const stop = followRoutes(link, routes);
  ends.unshift(() => Promise.resolve(stop()));
  return { routes, link };
}

const hears = (routes: Routes, table: RouteTable) =>
  until(`it hears ${JSON.stringify(table)}`, () =>
    JSON.stringify(routes.snapshot()) === JSON.stringify(table) ? true : undefined,
  );

it('a process that starts after the monolith learns the routes', async () => {
  await untilUp(monolith({ shelf: 'extracted', till: 'monolith' }).link);
  await hears(follower().routes, { shelf: 'extracted', till: 'monolith' });
});

it('a process that starts before the monolith, and before NATS, learns them when they are there', async () => {
  await nats.kill();
  const { routes } = follower();
  await nats.restart();
  monolith({ shelf: 'extracted' });
  await hears(routes, { shelf: 'extracted' });
});

it('a flip is heard by every process, and so is the way back', async () => {
  const { routes } = monolith({ shelf: 'monolith' });
  const followers = [follower(), follower()];
  for (const phase of ['monolith', 'extracted', 'monolith', 'extracted'] as const) {
    routes.replace({ shelf: phase });
    await Promise.all(followers.map((each) => hears(each.routes, { shelf: phase })));
  }
});

it('a flip while NATS is away is heard when it is back', async () => {
  const [{ routes, link }, other] = [monolith({ shelf: 'monolith' }), follower()];
  await hears(other.routes, { shelf: 'monolith' });
  await nats.kill();
  await until('both know', () => ((link.current ?? other.link.current) ? undefined : true));
  routes.replace({ shelf: 'extracted' });
  await nats.restart();
  await hears(other.routes, { shelf: 'extracted' });
});

it('a monolith that ends and starts with other routes is followed; in between the last ones hold', async () => {
  const { link } = monolith({ shelf: 'monolith' });
  const { routes } = follower();
  await hears(routes, { shelf: 'monolith' });
  await link.close();
  expect(routes.phaseOf('shelf')).toBe('monolith');
  monolith({ shelf: 'extracted' });
  await hears(routes, { shelf: 'extracted' });
});

it('a hint that gets lost is made good', async () => {
  const { routes, link } = monolith({ shelf: 'monolith' });
  const other = follower();
  await hears(other.routes, { shelf: 'monolith' });
  jest.spyOn(await untilUp(link), 'publish').mockImplementationOnce(() => undefined);
  routes.replace({ shelf: 'extracted' });
  await hears(other.routes, { shelf: 'extracted' });
});

it.each([
  ['no JSON', '{"shelf":'],
  ['nothing', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['a phase that there is not', '{"shelf":"extract"}'],
  ['a phase that every object has', '{"shelf":"toString"}'],
  ['no phase', '{"shelf":1}'],
])('news that are %s change nothing, and later news are heard', async (_what, news) => {
  const { routes, link } = monolith({ shelf: 'monolith' });
  const other = follower();
  await hears(other.routes, { shelf: 'monolith' });
  const told = jest.spyOn(other.routes, 'replace');
  // A subscriber that throws ends the reading of its connection; that is then taken for dead and made anew.
  const lost = jest.fn();
  other.link.onDown(lost);
  const wire = await untilUp(link);
  wire.publish('routes.changed', news);
  routes.replace({ shelf: 'extracted' });
  await hears(other.routes, { shelf: 'extracted' });
  for (const [table] of told.mock.calls)
    expect([{ shelf: 'monolith' }, { shelf: 'extracted' }]).toContainEqual(table);
  await (await untilUp(other.link)).flush();
  expect(lost).not.toHaveBeenCalled();
});
