import { Logger } from '@nestjs/common';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { untilUp } from '../../../../test/support/rpc.js';
import { until } from '../../../../test/support/until.js';
import { routeOf, Routes, type RouteTable } from '../routes/routes.js';
import { ShopFinder } from './find-shop.js';
import { NatsLink } from './link.js';
import { publishRoutes, tellOwnRoutes } from './route-sync.js';

/* A gateway calls modules of a shop that it does not know beforehand. Of the wrong one it would show orders to strangers. */
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

const tableOf = (shop: string): RouteTable => ({
  shelf: { ...routeOf('extracted'), databases: { monolith: shop, extracted: `${shop}-s` } },
});

async function monolith(shop: string): Promise<NatsLink> {
  const [routes, link] = [new Routes(), connected()];
  routes.join({ shop, database: shop, since: null, modules: [] });
  routes.replace(tableOf(shop));
  publishRoutes(link, routes);
  await (await untilUp(link)).flush();
  return link;
}

/** What a gateway keeps; it stays when that starts anew. */
let stored: RouteTable | undefined;
beforeEach(() => (stored = undefined));
const kept = {
  read: async () => stored,
  write: async (table: RouteTable) => void (stored = table),
};
const times = { askEveryMs: 20, answersMs: 60, goneMs: 500 };
/** Where several answer, each has the time to. */
const patient = { ...times, answersMs: 400 };

async function gateway(how = times): Promise<{ finder: ShopFinder; routes: Routes }> {
  const [routes, link] = [new Routes(), connected()];
  const finder = new ShopFinder({
    link,
    routes,
    database: 'g',
    kept,
    modules: ['shelf', 'till'],
    times: how,
  });
  await finder.start();
  ends.unshift(() => finder.stop());
  return { finder, routes };
}
/** Waits until it was asked again, so much later, and what was answered has been looked at. */
async function answersFor(link: NatsLink, ms: number): Promise<void> {
  const from = performance.now();
  let late = 0;
  link.current!.subscribe('shop.routes.get.any', {
    callback: () => {
      if (performance.now() - from > ms) late++;
    },
  });
  await until('it was asked twice after that', () => (late > 1 ? true : undefined));
}
const belongsTo = (routes: Routes, shop: string) =>
  until(`it belongs to ${shop}`, () => (routes.member?.shop === shop ? true : undefined));

it('the one shop that answers is it, also if it comes later', async () => {
  const { finder, routes } = await gateway();
  expect(finder.problem).toBe('no shop has answered yet');
  expect(routes.member).toBeNull();
  await monolith('m');
  await belongsTo(routes, 'm');
  expect(finder.problem).toBeNull();
  expect(routes.member).toMatchObject({ database: 'g', modules: [] });
  expect(routes.snapshot()).toEqual(tableOf('m'));
});

it('of two it takes neither, and says what to do', async () => {
  await monolith('m');
  await monolith('n');
  const { finder, routes } = await gateway(patient);
  await until('both are heard', () =>
    /^several shops answer \(([mn]), [mn]\): start them with a NAMESPACE each$/.test(finder.problem ?? '')
      ? true
      : undefined,
  );
  expect(routes.member).toBeNull();
});

it('another shop that comes later changes nothing while its own answers', async () => {
  const { routes } = await gateway(patient);
  await monolith('m');
  await belongsTo(routes, 'm');
  await answersFor(await monolith('n'), patient.goneMs);
  expect(routes.member?.shop).toBe('m');
});

it('its shop is on another database: it follows once the one of before has gone', async () => {
  const { routes } = await gateway();
  const first = await monolith('m');
  await belongsTo(routes, 'm');
  await first.close();
  await monolith('n');
  await belongsTo(routes, 'n');
  expect(routes.snapshot()).toEqual(tableOf('n'));
  await until('that is kept', () =>
    JSON.stringify(stored) === JSON.stringify(tableOf('n')) ? true : undefined,
  );
});

it('the monolith is gone: what was heard last is enough for a start', async () => {
  stored = tableOf('m');
  const { finder, routes } = await gateway();
  expect(finder.problem).toBeNull();
  expect(routes.member?.shop).toBe('m');
  expect(routes.snapshot()).toEqual(tableOf('m'));
});

it('what is kept is of another shop than the one that answers: that counts', async () => {
  stored = tableOf('m');
  await monolith('n');
  await belongsTo((await gateway()).routes, 'n');
});

it('an answer that is no table of routes leads nowhere', async () => {
  const link = await monolith('m');
  link.current!.subscribe('shop.routes.get.any', {
    callback: (_error, message) => void message.respond('{"shelf": {"phase": "gone"}}'),
  });
  link.current!.subscribe('shop.routes.get.any', {
    callback: (_error, message) => void message.respond('rubbish'),
  });
  await belongsTo((await gateway()).routes, 'm');
});

describe('no monolith answers', () => {
  /** A service that says where its module is; `shop`: it belongs to. */
  async function service(module: string, shop = 'm'): Promise<NatsLink> {
    const [routes, link] = [new Routes(), connected()];
    routes.join({ shop, database: `${shop}-s`, since: null, modules: [module] });
    tellOwnRoutes(link, routes, () => tableOf(shop)['shelf']);
    await (await untilUp(link)).flush();
    return link;
  }

  it('its services do: it belongs to their shop, and knows where their modules are', async () => {
    await service('shelf');
    await service('till');
    const { finder, routes } = await gateway();
    await belongsTo(routes, 'm');
    expect(finder.problem).toBeNull();
    const { shelf } = tableOf('m');
    expect(routes.snapshot()).toEqual({ shelf, till: shelf });
    await until('that is kept', () =>
      JSON.stringify(stored) === JSON.stringify({ shelf, till: shelf }) ? true : undefined,
    );
  });

  it('what was heard last of other modules of that shop is still known', async () => {
    stored = {
      ...tableOf('m'),
      till: { ...routeOf('monolith'), databases: { monolith: 'm', extracted: null } },
    };
    await service('shelf');
    const { routes } = await gateway();
    expect(routes.snapshot()).toEqual(stored);
  });

  it('services of two shops: it takes neither', async () => {
    await service('shelf');
    await service('till', 'n');
    const { finder, routes } = await gateway(patient);
    await until('both are heard', () =>
      finder.problem?.startsWith('several shops answer') ? true : undefined,
    );
    expect(routes.member).toBeNull();
  });

  it('one that lies about its shop leads nobody away from a monolith that answers', async () => {
    await service('shelf', 'n');
    const link = await monolith('m');
    const { routes } = await gateway(patient);
    await belongsTo(routes, 'm');
    await answersFor(link, patient.goneMs);
    expect(routes.member?.shop).toBe('m');
    expect(routes.snapshot()).toEqual(tableOf('m'));
  });
});
