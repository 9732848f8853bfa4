import { accountOf } from '#sample';
import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import { replayed, startReplay } from '../../support/replay.js';
import { makeSetup, moduleNames, openService, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * All four modules are services, orders come in, and one service after the other is killed and started again. Calls in
 * flight get no answer, sagas lose the module they talk to or the process that runs them. Customers try again with the
 * same key. At the end every invoice is an order, once, nothing is stuck, stock and money add up.
 */
describe('services killed and restarted during a replay', () => {
  const orders = 150;
  let nats: TestNats;
  let setup: ShopSetup;

  beforeAll(async () => {
    nats = await startNats();
    setup = await makeSetup(nats.url);
  });

  afterAll(async () => {
    endAllPrograms();
    await setup.drop();
    await nats.stop();
  });

  it('leave no order stuck, lost or doubled', async () => {
    const services = new Map<string, Program>();
    for (const name of moduleNames) services.set(name, await openService(setup, name));
    const shop = await openShop({ ...setup, env: { ...setup.env, SAMPLE: 'on' } });
    await setup.extract(moduleNames);
    await setup.arrived();
    const replay = startReplay(setup, shop.url, orders, ['--concurrency', '4']);
    for (const [i, name] of moduleNames.entries()) {
      await ordersReach((i + 1) * 25);
      await services.get(name)?.end('SIGKILL');
      services.set(name, await openService(setup, name));
    }
    const { outcomes } = await replayed(replay);
    // While payments was away, orders were taken and their payment put off.
    expect((outcomes.placed ?? 0) + (outcomes.pending_payment ?? 0)).toBe(orders);
    const { totals } = await until('every order is confirmed and the account is true', async () => {
      const account = await accountOf(databases());
      const settled = account.violations.length === 0 && account.totals.orders.confirmed === orders;
      return settled ? account : undefined;
    });
    expect(totals.orders).toEqual({ confirmed: orders });
    expect(totals.pieces.reserved).toBe(0);
    await Promise.all([shop, ...services.values()].map((program) => program.end()));
  }, 300_000);

  const ordersReach = (count: number) =>
    until(`${count} orders are placed`, async () => {
      const { totals } = await accountOf(databases());
      return (totals.orders.confirmed ?? 0) >= count ? true : undefined;
    });

  const databases = () => ({
    inventory: setup.databaseOf('inventory'),
    payments: setup.databaseOf('payments'),
    orders: setup.databaseOf('orders'),
  });
});
