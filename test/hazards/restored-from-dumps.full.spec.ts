import { startDumpedPostgres, type DumpedPostgres } from '../support/dumped-postgres.js';
import { moduleNames } from '../support/shop.js';
import { accountFor } from './support/loss-account.js';
import type { Place, Side } from './support/moving-modules.js';
import { ShopThatLoses } from './support/shop-that-loses.js';

/*
 * Both databases of every module are dumped in the middle of a move, one after the other, while customers register, order and cancel:
 *
 *     dump of the one side      keys go over      dump of the other side        … both are lost; both are restored
 *
 * Neither holds what the other one has: each owns keys that the other one owns too, or nobody does, and lacks rows that the other one has
 * confirmed. What would go wrong: both take writes, or the older copies its rows over the newer.
 */
let shop: ShopThatLoses<DumpedPostgres>;
beforeEach(async () => {
  shop = await ShopThatLoses.on(startDumpedPostgres);
}, 180_000);
afterEach(() => shop.close());

const half: Place = { phase: 'shifting', percent: 50 };
const most: Place = { phase: 'shifting', percent: 75 };
const out: Place = { phase: 'extracted' };
const databasesOf = (side: Side): readonly string[] => (side === 'monolith' ? ['shop'] : moduleNames);

it.each([
  ['monolith', 'extracted', out],
  ['extracted', 'monolith', most],
] as const)(
  'the %s from earlier: all that was answered before the later dump, with one owner and equal data',
  async (older, newer, ends) => {
    const before = await shop.customers(9_500 + older.length);
    await shop.goTo(half);
    await shop.placed(before, 10);
    const restoreOlder = await shop.servers[older].dump(databasesOf(older));
    await shop.placed(before, 5);
    await shop.goTo(most);
    await shop.placed(before, 5);
    // The services' databases are dumped at moments of their own: an order in between would be in one, and not in another.
    await before.stop();
    const restoreNewer = await shop.servers[newer].dump(databasesOf(newer));
    // Who comes now is in neither dump.
    const lost = await shop.customers(9_600 + older.length);
    await shop.placed(lost, 5);
    await lost.stop();

    await shop.keepWrites();
    await shop.moveTo({ [older]: await restoreOlder(), [newer]: await restoreNewer() });
    const restoredAt = performance.now();
    await shop.heal();
    await shop.rests(ends);
    const after = await shop.customers(9_700 + older.length);
    await shop.placed(after, 10);
    await after.stop();
    await shop.rests(ends);

    for (const load of [before, after]) {
      const account = await accountFor(shop, load, restoredAt);
      expect(account).toMatchObject({ missing: [], problems: [] });
      expect(account.byBoth).toBeGreaterThan(10);
    }
    expect(await shop.differences()).toEqual({ users: 0, inventory: 0, payments: 0, orders: 0 });
    // What was owned as a whole by the side that has everything comes back by itself.
    const verbs = [...shop.advised.values()].map(({ command }) => command.split(' ')[0]);
    expect([...new Set(verbs)]).toEqual(['rejoin']);
  },
  600_000,
);
