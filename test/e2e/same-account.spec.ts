import { accountOf, type AccountTotals } from '#sample';
import { startNats, type TestNats } from '../support/nats.js';
import { endAllPrograms } from '../support/programs.js';
import { replayed, startReplay } from '../support/replay.js';
import { makePremises, moduleNames, openService, openShop, type ModuleName } from '../support/shop.js';
import { until } from '../support/until.js';

const invoices = 60;

/** The same invoices, whatever is served elsewhere: the same orders, stock and money. */
describe('the account of a replay', () => {
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

  const one: ModuleName[][] = moduleNames.map((name) => [name]);
  it.each([...one, [...moduleNames]].map((away) => ({ away })))(
    'is the same with $away extracted',
    async ({ away }) => {
      const { violations, totals } = await accountWith(away);
      expect(violations).toEqual([]);
      expect({ ...totals, sagas: {} }).toEqual({ ...expected, sagas: {} });
    },
    180_000,
  );

  async function accountWith(away: readonly ModuleName[]) {
    const premises = await makePremises(nats.url);
    const services = await Promise.all(away.map((name) => openService(premises, name)));
    const shop = await openShop({ ...premises, env: { ...premises.env, SAMPLE: 'on' } });
    await premises.extract(away);
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
});
