import { accountOf, type AccountTotals } from '#sample';
import { startNats, type TestNats } from './nats.js';
import { endAllPrograms } from './programs.js';
import { replayed, startReplay } from './replay.js';
import { makeSetup, openService, openShop, type ModuleName } from './shop.js';
import { until } from './until.js';

const invoices = 60;

/** The same invoices, whatever is served elsewhere: the same orders, stock and money. `away`: the sets of modules to try. */
export function sameAccountWith(away: readonly (readonly ModuleName[])[]): void {
  let nats: TestNats;
  let expected: Omit<AccountTotals, 'sagas'>;

  beforeAll(async () => {
    nats = await startNats();
    ({ totals: expected } = await accountWith([]));
    expect(expected.orders).toEqual({ confirmed: invoices });
  }, 180_000);

  afterAll(async () => {
    endAllPrograms();
    await nats.stop();
  });

  it.each(away.map((gone) => ({ gone })))(
    'is the same with $gone extracted',
    async ({ gone }) => {
      const { violations, totals } = await accountWith(gone);
      expect(violations).toEqual([]);
      expect({ ...totals, sagas: {} }).toEqual({ ...expected, sagas: {} });
    },
    180_000,
  );

  async function accountWith(gone: readonly ModuleName[]) {
    const setup = await makeSetup(nats.url);
    const services = await Promise.all(gone.map((name) => openService(setup, name)));
    const shop = await openShop({ ...setup, env: { ...setup.env, SAMPLE: 'on' } });
    await setup.extract(gone);
    await setup.arrived();
    const { outcomes, serverErrors } = await replayed(startReplay(setup, shop.url, invoices));
    expect(outcomes.placed).toBe(invoices);
    expect(serverErrors).toEqual({});
    const account = await until('no saga is open', async () => {
      const now = await accountOf({
        inventory: setup.databaseOf('inventory'),
        payments: setup.databaseOf('payments'),
        orders: setup.databaseOf('orders'),
      });
      return now.violations.some(({ rule }) => rule === 'open_saga') ? undefined : now;
    });
    await Promise.all([shop, ...services].map((program) => program.end()));
    await setup.drop();
    return account;
  }
}
