import { Logger } from '@nestjs/common';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { untilUp } from '../../../../test/support/rpc.js';
import { until } from '../../../../test/support/until.js';
import type { Member } from '../routes/member.js';
import type { Phase } from '../routes/phase.js';
import { ownedRoute, routeOf, Routes, type RouteEntry, type RouteTable } from '../routes/routes.js';
import { NatsLink } from './link.js';
import { followRoutes, publishRoutes, tellOwnRoutes } from './route-sync.js';

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

/** The shop whose monolith's database is `m`, and its service. */
const member = (database: string, shop = 'm'): Member => ({ database, shop, since: null, modules: [] });
const at = (phase: Phase, shop = 'm'): RouteEntry => ({
  ...routeOf(phase),
  databases: { monolith: shop, extracted: `${shop}-s` },
});

function connected(): NatsLink {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  link.start();
  ends.push(() => link.close());
  return link;
}

function monolith(table: RouteTable, shop = 'm'): { routes: Routes; link: NatsLink } {
  const [routes, link] = [new Routes(), connected()];
  routes.join(member(shop, shop));
  routes.replace(table);
  publishRoutes(link, routes);
  return { routes, link };
}

function follower(as: Member | null = member('e')): { routes: Routes; link: NatsLink } {
  const [routes, link] = [new Routes(), connected()];
  routes.join(as);
  const stop = followRoutes(link, routes, ['shelf', 'till']);
  ends.unshift(() => Promise.resolve(stop()));
  return { routes, link };
}

const hears = (routes: Routes, table: RouteTable) =>
  until(`it hears ${JSON.stringify(table)}`, () =>
    JSON.stringify(routes.snapshot()) === JSON.stringify(table) ? true : undefined,
  );

it('a process that starts after the monolith learns the routes', async () => {
  await untilUp(monolith({ shelf: at('extracted'), till: at('monolith') }).link);
  await hears(follower().routes, { shelf: at('extracted'), till: at('monolith') });
});

it('a process that starts before the monolith, and before NATS, learns them when they are there', async () => {
  await nats.kill();
  const { routes } = follower();
  await nats.restart();
  monolith({ shelf: at('extracted') });
  await hears(routes, { shelf: at('extracted') });
});

it('a flip is heard by every process, and so is the way back', async () => {
  const { routes } = monolith({ shelf: at('monolith') });
  const followers = [follower(), follower()];
  for (const phase of ['monolith', 'extracted', 'monolith', 'extracted'] as const) {
    routes.replace({ shelf: at(phase) });
    await Promise.all(followers.map((each) => hears(each.routes, { shelf: at(phase) })));
  }
});

it('a flip while NATS is away is heard when it is back', async () => {
  const [{ routes, link }, other] = [monolith({ shelf: at('monolith') }), follower()];
  await hears(other.routes, { shelf: at('monolith') });
  await nats.kill();
  await until('both know', () => ((link.current ?? other.link.current) ? undefined : true));
  routes.replace({ shelf: at('extracted') });
  await nats.restart();
  await hears(other.routes, { shelf: at('extracted') });
});

it('a monolith that ends and starts with other routes is followed; in between the last ones hold', async () => {
  const { link } = monolith({ shelf: at('monolith') });
  const { routes } = follower();
  await hears(routes, { shelf: at('monolith') });
  await link.close();
  expect(routes.phaseOf('shelf')).toBe('monolith');
  monolith({ shelf: at('extracted') });
  await hears(routes, { shelf: at('extracted') });
});

it('a hint that gets lost is made good', async () => {
  const { routes, link } = monolith({ shelf: at('monolith') });
  const other = follower();
  await hears(other.routes, { shelf: at('monolith') });
  jest.spyOn(await untilUp(link), 'publish').mockImplementationOnce(() => undefined);
  routes.replace({ shelf: at('extracted') });
  await hears(other.routes, { shelf: at('extracted') });
});

it('of two shops on one NATS each service follows its own; one that belongs to none takes no routes, until it does', async () => {
  monolith({ shelf: at('extracted') });
  monolith({ shelf: at('shadow', 'n') }, 'n');
  const [first, second, free] = [follower(), follower(member('f', 'n')), follower(null)];
  await hears(first.routes, { shelf: at('extracted') });
  await hears(second.routes, { shelf: at('shadow', 'n') });
  expect(free.routes.snapshot()).toEqual({});
  free.routes.join(member('f', 'n'));
  await hears(free.routes, { shelf: at('shadow', 'n') });
  // Another shop has taken it over: what it knew is forgotten at once.
  free.routes.join(member('f'));
  expect(free.routes.snapshot()).toEqual({});
  await hears(free.routes, { shelf: at('extracted') });
});

describe('later news are heard, and nothing is changed by', () => {
  let [from, to]: ReturnType<typeof monolith>[] = [];
  const kept: typeof ends = [];

  beforeAll(async () => {
    [from, to] = [monolith({ shelf: at('monolith') }), follower()];
    kept.push(...ends.splice(0));
  });
  afterAll(async () => {
    for (const end of kept) await end();
  });

  it.each([
    ['no JSON', '{"shelf":'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['no entry', '{"shelf":1}'],
    ['only a phase', '{"shelf":"extracted"}'],
    ['an entry without a field', JSON.stringify({ shelf: { ...at('extracted'), ack: undefined } })],
    ...Object.entries({
      phase: ['extract', 'toString', 1],
      extractedBelow: [-1, 10_001, 0.5, '1', null],
      readsBelow: [-1, 10_001, 0.5, '1', null],
      ack: ['none', true],
      degraded: ['no', 0],
      cohorts: [null, {}, [null], [{ header: 'x-user-group' }], [{ header: 1, equals: 'beta' }]],
      shadowSample: [-0.1, 1.1, '0'],
      rehearse: [-0.1, 1.1, '0', null],
      version: [undefined, '1', 0.5],
      databases: [
        undefined,
        null,
        {},
        { monolith: null, extracted: null },
        { monolith: 'x', extracted: 'e' },
      ],
    }).flatMap(([field, values]) =>
      values.map((value) => [
        `an entry with ${field} ${JSON.stringify(value)}`,
        JSON.stringify({ shelf: { ...at('extracted'), [field]: value } }),
      ]),
    ),
  ])('news that are %s', async (_what, news) => {
    from!.routes.replace({ shelf: at('monolith') });
    await hears(to!.routes, { shelf: at('monolith') });
    const told = jest.spyOn(to!.routes, 'replace');
    // A subscriber that throws ends the reading of its connection; that is then taken for dead and made anew.
    const lost = jest.fn();
    to!.link.onDown(lost);
    const wire = await untilUp(from!.link);
    wire.publish('shop.routes.changed.m', news);
    from!.routes.replace({ shelf: at('extracted') });
    await hears(to!.routes, { shelf: at('extracted') });
    for (const [table] of told.mock.calls)
      expect([{ shelf: at('monolith') }, { shelf: at('extracted') }]).toContainEqual(table);
    told.mockRestore();
    await (await untilUp(to!.link)).flush();
    expect(lost).not.toHaveBeenCalled();
  });
});

describe('while the monolith is silent', () => {
  /** The service of `module`, whose database has that border. */
  function service(module: string, below: number, shop = 'm'): { below: number; routes: Routes } {
    const [routes, link] = [new Routes(), connected()];
    const own = { below, routes };
    routes.join({ ...member(`${shop}-s`, shop), modules: [module] });
    const stop = tellOwnRoutes(link, routes, () =>
      ownedRoute(own.below, { monolith: shop, extracted: `${shop}-s` }),
    );
    ends.unshift(() => Promise.resolve(stop()));
    return own;
  }
  const leads = (routes: Routes, module: string, below: number) =>
    until(`${module} is at ${below}`, () =>
      routes.entryOf(module)?.extractedBelow === below ? true : undefined,
    );

  it('each service says where its own database has its module; what it does not own is nowhere', async () => {
    service('shelf', 10_000);
    const till = service('till', 0);
    const { routes } = follower(member('g'));
    await leads(routes, 'shelf', 10_000);
    expect(routes.snapshot()).toEqual({
      shelf: { ...routeOf('extracted'), databases: { monolith: 'm', extracted: 'm-s' } },
    });
    // An operator has it take over, where the monolith was lost in the middle of a move.
    till.below = 5_000;
    await leads(routes, 'till', 5_000);
    expect(routes.phaseOf('till')).toBe('shifting');
    till.below = 10_000;
    await leads(routes, 'till', 10_000);
  });

  it('a service learns where its own module is, too: it calls that to settle what it did outside', async () => {
    service('shelf', 10_000);
    const { routes } = follower({ ...member('m-s'), modules: ['shelf'] });
    await leads(routes, 'shelf', 10_000);
  });

  it('what leads the same way as what the monolith has said before changes nothing', async () => {
    const shelf = { ...at('extracted'), version: 7, start: 'monday', ack: 'owner' } as const;
    const { link } = monolith({ shelf, till: { ...at('extracted'), version: 7, start: 'monday' } });
    const { routes } = follower(member('g'));
    await hears(routes, { shelf, till: { ...at('extracted'), version: 7, start: 'monday' } });
    await link.close();
    service('shelf', 10_000);
    service('till', 4_000);
    await leads(routes, 'till', 4_000);
    expect(routes.entryOf('shelf')).toEqual(shelf);
    // What the monolith has said before is older, also if it comes late; what it says next counts.
    expect(routes.entryOf('till')).toMatchObject({ version: 7, start: 'monday' });
    monolith({ shelf, till: { ...at('extracted'), version: 8, start: 'monday' } });
    await leads(routes, 'till', 10_000);
  });

  it('the monolith is there: no service is asked', async () => {
    await (await untilUp(monolith({ shelf: at('monolith') }).link)).flush();
    const asked = jest.fn();
    const stop = (() => {
      const [routes, link] = [new Routes(), connected()];
      routes.join({ ...member('m-s'), modules: ['shelf'] });
      return tellOwnRoutes(link, routes, asked);
    })();
    const { routes } = follower(member('g'));
    await hears(routes, { shelf: at('monolith') });
    routes.refresh();
    const answered = jest.spyOn(routes, 'replace');
    await until('it was answered again', () => (answered.mock.calls.length > 2 ? true : undefined));
    stop();
    expect(asked).not.toHaveBeenCalled();
  });

  it.each<[string, (module: string) => object]>([
    ['of another shop', (module) => ({ [module]: at('extracted', 'n') })],
    ['of another module', () => ({ till: at('extracted') })],
    [
      'that would end in other subjects',
      (module) => ({ [module]: { ...at('extracted'), databases: { monolith: 'm', extracted: 'a.>' } } }),
    ],
    ['that is none', () => ({ shelf: 'extracted' })],
  ])('an answer %s is not taken', async (_what, said) => {
    const link = connected();
    const wire = await untilUp(link);
    let asked = 0;
    wire.subscribe('shop.routes.of.shelf.m', {
      callback: (_error, message) => {
        asked++;
        message.respond(JSON.stringify(said('shelf')));
      },
    });
    await wire.flush();
    const { routes } = follower(member('g'));
    await until('it was asked twice', () => (asked > 1 ? true : undefined));
    expect(routes.snapshot()).toEqual({});
  });
});
