import { accountOf, type AccountTotals } from '#sample';
import { startNats, type TestNats } from './nats.js';
import { endAllPrograms } from './programs.js';
import { replayed, startReplay } from './replay.js';
import { makePremises, openService, openShop, type ModuleName } from './shop.js';
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
    const premises = await makePremises(nats.url);
    const services = await Promise.all(gone.map((name) => openService(premises, name)));
    const shop = await openShop({ ...premises, env: { ...premises.env, SAMPLE: 'on' } });
    await premises.extract(gone);
    await premises.arrived();
    const { outcomes, serverErrors } = await replayed(startReplay(premises, shop.url, invoices));
    expect(outcomes.placed).toBe(invoices);
    expect(serverErrors).toEqual({});
    const account = await until('no saga is open', async () => {
      const now = await accountOf({
        inventory: premises.databaseOf('inventory'),
        payments: premises.databaseOf('payments'),
        orders: premises.databaseOf('orders'),
      });
      return now.violations.some(({ rule }) => rule === 'open_saga') ? undefined : now;
    });
    await Promise.all([shop, ...services].map((program) => program.end()));
    await premises.drop();
    return account;
  }
}
