import { accountOf } from '#sample';
import pg from 'pg';
import { freePort } from '../support/ports.js';
import { Load } from '../hazards/support/load.js';
import { startBalancer, type Balancer } from '../support/balancer.js';
import { startNats, type TestNats } from '../support/nats.js';
import { untilBlocked } from '../support/blocked.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram, type Program } from '../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  readyGateway,
  openService,
  openShop,
  type ShopSetup,
} from '../support/shop.js';
import { until } from '../support/until.js';
import { restocking, Unrepeated, visitor, type Sent } from './support/unrepeated.js';

/*
 * Every module has left, to two copies of its service each; there are an application that knows nothing of us, in two copies, and two gateways in front. While
 * customers order, one of each is killed. What would go wrong: a request that a client may not send again is lost with another process than
 * the gateway that had it; one is carried out twice; one that was answered is gone.
 */
const skus = Array.from({ length: 8 }, (_, i) => `K-${i}`);

let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let gateways: Program[];
let services: [Program, Program][];
let theirs: TestDatabase;
let application: Program[];
let front: Balancer;
let load: Load | undefined;
let others: Unrepeated[] = [];

beforeAll(async () => {
  [nats, own, theirs] = await Promise.all([startNats(), freshDatabase(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  await setup.extract(moduleNames);
  const shop = await openShop(setup);
  const copies = async (name: (typeof moduleNames)[number]): Promise<[Program, Program]> => [
    await openService(setup, name),
    await openService(setup, name),
  ];
  services = await Promise.all(moduleNames.map(copies));
  await setup.arrived();
  const admin = await Client.admin(shop.url);
  await Promise.all(skus.map((sku) => admin.stock(sku, 10_000)));
  application = [openApplication(), openApplication()];
  const opened = await Promise.all(application.map((program) => program.printed(/is open: (\S+)/)));
  await theirs.query(
    `insert into products select 'T-' || n, 'Thing', 'things', 1 from generate_series(0, 4999) as n`,
  );
  const LEGACY_URL = opened.map(([, url]) => url).join(',');
  const ports = [await freePort(), await freePort()];
  gateways = await Promise.all(
    ports.map((port) => readyGateway(setup, own.url, { PORT: String(port), CACHE: '0s', LEGACY_URL })),
  );
  front = await startBalancer(ports.map((port) => `http://localhost:${port}`));
}, 300_000);
afterAll(async () => {
  load?.abandon();
  await Promise.allSettled(others.map((each) => each.stop()));
  endAllPrograms();
  await front.close();
  await nats.stop();
  await Promise.all([setup.drop(), own.drop(), theirs.drop()]);
});

const openApplication = (): Program =>
  startProgram('examples/legacy-app/src/main.js', [], {
    ...{ PORT: '0', DATABASE_URL: theirs.url, SESSION_SECRET: 'for a test' },
  });

/** Kills a program while all customers of the application wait for what they have put into their baskets. */
async function killUnderWay(victim: Program, customers: number): Promise<void> {
  const lock = new pg.Client(theirs.url);
  await lock.connect();
  await lock.query('begin; lock table basket_lines in exclusive mode');
  await untilBlocked(theirs, customers);
  await victim.end('SIGKILL');
  await lock.end();
}

/** What is there of each request: how often it was carried out. */
async function timesOf(database: string, sql: string): Promise<(sent: Sent) => number> {
  const rows = await setup.on<{ subject: string; times: string }>(database, sql);
  const times = new Map(rows.map(({ subject, times }) => [subject, Number(times)]));
  return ({ subject }) => times.get(subject) ?? 0;
}

const customers = 12;

it('one of two gateways and one of two copies of each service and of the application are killed', async () => {
  const visitors = await Promise.all(Array.from({ length: customers }, () => visitor(front.url)));
  const adding = new Unrepeated(visitors.map(({ add }) => add));
  const looking = new Unrepeated(visitors.slice(0, 2).map(({ look }) => look));
  const admin = await Client.admin(front.url);
  const filling = new Unrepeated([restocking(admin), restocking(admin)]);
  others = [adding, looking, filling];
  load = await Load.start({ url: front.url, seed: 43, skus, clients: 5 });
  await load.placed(20);

  await killUnderWay(gateways[0]!, customers);
  await Promise.all([load.placed(15), ...others.map((each) => each.answered(10))]);
  // With a gateway goes what it had, and nothing else: nobody else can answer it.
  const lost = others.flatMap(({ bad }) => bad);
  expect(lost.filter(({ code }) => code !== 'broke_off')).toEqual([]);
  expect(adding.bad.length).toBeGreaterThan(0);
  expect(adding.bad.length).toBeLessThanOrEqual(customers);

  for (const [victim] of services) {
    await victim.end('SIGKILL');
    await load.placed(15);
  }
  await filling.answered(20);
  // What has no key gets one with its error, and is answered by that.
  expect(others.flatMap(({ bad }) => bad)).toEqual(lost);

  await killUnderWay(application[0]!, customers);
  await Promise.all(others.map((each) => each.answered(20)));
  // Reads go to the other copy. A write ends with an error only where it may have been carried out.
  const unknown = adding.bad.slice(lost.filter((each) => adding.bad.includes(each)).length);
  expect(unknown.length).toBeGreaterThan(0);
  expect(unknown.length).toBeLessThan(customers);
  expect(unknown.filter(({ status, code }) => status !== 502 || code !== 'bad_gateway')).toEqual([]);
  expect([...looking.bad, ...filling.bad].filter((each) => !lost.includes(each))).toEqual([]);

  await Promise.all([load.stop(), ...others.map((each) => each.stop())]);
  const pieces = `select email || ' ' || sku as subject, quantity as times from basket_lines join accounts on id = account`;
  const stock = `select sku as subject, received as times from inventory.stock_item`;
  for (const [{ good, bad }, timesOfOne] of [
    [adding, await timesOf(theirs.url, pieces)],
    [filling, await timesOf(setup.databaseOf('inventory'), stock)],
  ] as const) {
    expect(good.filter((sent) => timesOfOne(sent) !== 1)).toEqual([]);
    expect(bad.filter((sent) => timesOfOne(sent) > 1)).toEqual([]);
  }
  await assertNothingOfOrdersLost(load);
}, 600_000);

/** Each of these requests was a read, or had a key; a client sends it again, and hears what came of it. */
async function assertNothingOfOrdersLost({ history, contradictions }: Load): Promise<void> {
  const failed = history.events.filter(({ status }) => status === 0 || status >= 500);
  expect(failed.filter(({ status }) => ![0, 502, 503, 504].includes(status))).toEqual([]);
  expect(contradictions).toEqual([]);
  expect(history.of('order', 'ok').length).toBeGreaterThanOrEqual(95);
  const account = await until('no saga is open', async () => {
    const now = await accountOf({
      inventory: setup.databaseOf('inventory'),
      payments: setup.databaseOf('payments'),
      orders: setup.databaseOf('orders'),
    });
    return now.violations.some(({ rule }) => rule === 'open_saga') ? undefined : now;
  });
  expect(account.violations).toEqual([]);
}
