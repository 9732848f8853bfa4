import { accountOf } from '#sample';
import { writeFile } from 'node:fs/promises';
import { phasesOfReleases } from '../fixtures/fixture.js';
import { upgraded } from '../fixtures/restore.js';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorClient } from '../support/operator.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, openService, openShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';

const modules = ['inventory', 'users'] as const;

/** What customers would miss, wherever it is. */
const treasures = [
  ['users', 'users.account', 'id::text'],
  ['orders', 'orders.orders', 'id::text'],
  ['payments', 'payments.payment', 'id::text'],
  ['inventory', 'inventory.stock_item', 'sku'],
  ['inventory', 'inventory.reservation', `order_id || ' ' || sku`],
] as const;

/** What is at stake in each phase, so that no fixture is without it. */
const holds: Readonly<Record<string, string>> = {
  'dual-write': `select from strangler.backfill`,
  shadow: `select from strangler.outbox where parked is not null`,
  shifting: `select from strangler.ownership where extracted_below between 1 and 9999`,
  'handing-off': `select from strangler.ownership where fence_from is not null`,
  extracted: `select from strangler.ownership where extracted_below = 10000`,
};

/* Inventory and users are in the middle of a phase when the processes end, and today's are started on what they left. */
describe.each(phasesOfReleases())('a shop of $version in $phase', ({ phase, ...dumps }) => {
  let nats: TestNats;
  let setup: ShopSetup;

  beforeAll(async () => {
    nats = await startNats();
    const [shop, inventory, users] = await Promise.all(
      [dumps.monolith, dumps.inventory, dumps.users].map(upgraded),
    );
    setup = await makeSetup(nats.url, { shop: shop!, inventory: inventory!, users: users! });
  }, 120_000);
  afterAll(async () => {
    endAllPrograms();
    await setup.drop();
    await nats.stop();
  });

  const want = (wished: string) =>
    writeFile(
      setup.env['STRANGLER_CONFIG'] as string,
      `modules:\n${modules.map((name) => `  ${name}: { ${wished}, ramp: [100], bake: 0s, gates: { minSamples: 0, errorRate: 1, p99Ratio: 1000 } }\n`).join('')}`,
    );

  /** The rows of both sides. */
  async function rows(): Promise<Set<string>> {
    const { shop, inventory, users } = setup.urls;
    const from = { users: [shop, users], inventory: [shop, inventory], orders: [shop], payments: [shop] };
    const found = treasures.flatMap(([module, table, id]) =>
      from[module].map((url) =>
        setup.on<{ row: string }>(url, `select '${table} ' || ${id} as row from ${table}`),
      ),
    );
    return new Set((await Promise.all(found)).flat().map(({ row }) => row));
  }

  async function arrive(operator: OperatorClient, wanted: string): Promise<void> {
    await want(`phase: ${wanted}`);
    for (const module of modules)
      await until(`${module} arrives at ${wanted}`, async () => {
        const status = await operator.status(module);
        return status.phase === wanted && !status.transition ? true : undefined;
      });
  }

  it('is paired at its first hello, goes on to extracted and back, and nothing is lost', async () => {
    expect((await setup.query(holds[phase]!)).length).toBeGreaterThan(0);
    const before = await rows();
    expect(before.size).toBeGreaterThan(50);
    await want(phase === 'extracted' ? 'phase: extracted' : 'phase: shadow');
    const [shop] = await Promise.all([
      openShop(setup),
      ...modules.map((module) => openService(setup, module)),
    ]);
    for (const module of modules)
      await until(`${module} is paired, and proven by its peer`, async () => {
        const [row] = await setup.query<{ paired: boolean }>(
          `select peer is not null and proven_by = 'peer' and strangler.is_proven(o) as paired from strangler.ownership o where module = $1`,
          [module],
        );
        return row?.paired ? true : undefined;
      });
    const operator = await OperatorClient.of(shop);
    if (phase === 'shadow') {
      const { body } = await operator.get<{ items: { id: number }[] }>('/modules/inventory/parked');
      expect(body.items.length).toBeGreaterThan(0);
      await operator.act('inventory', 'parked', { how: 'retry', ids: body.items.map(({ id }) => id) });
    }
    const customer = await Client.register(shop.url);
    expect(await customer.order('after the upgrade', { 'F-1': 1, 'F-2': 1 })).toMatchObject({ status: 201 });
    await arrive(operator, 'extracted');
    expect(await customer.order('at the owner', { 'F-1': 1, 'F-2': 1 })).toMatchObject({ status: 201 });
    await arrive(operator, 'monolith');
    expect(await customer.order('back', { 'F-1': 1, 'F-2': 1 })).toMatchObject({ status: 201 });
    const home = await rows();
    expect([...before].filter((row) => !home.has(row))).toEqual([]);
    const { shop: url } = setup.urls;
    const goods = await setup.query<{ sku: string }>('select sku from inventory.stock_item');
    const received = new Map(goods.map(({ sku }) => [sku, cameIn(sku)]));
    let found: unknown;
    await until('the books are quiet and true', async () => {
      const { violations } = await accountOf({ inventory: url, payments: url, orders: url }, { received });
      found = violations;
      return violations.length === 0 ? true : undefined;
    }).catch(() => expect(found).toEqual([]));
  }, 300_000);
});

/** What `npm run fixture` had come in; products that are only described have no stock. */
const cameIn = (sku: string): number => (sku === 'HEAVY' ? 1 : sku.startsWith('F-') ? 1_000 : 0);
