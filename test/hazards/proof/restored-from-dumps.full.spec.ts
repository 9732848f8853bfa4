import { otherSide, type Side } from '#strangler/routes/phase';
import { startDumpedPostgres, type DumpedPostgres } from '../../support/dumped-postgres.js';
import { moduleNames } from '../../support/shop.js';
import type { Event } from '../support/history.js';
import { accountFor } from '../support/loss-account.js';
import type { Place } from '../support/moving-modules.js';
import { ShopThatLoses } from '../support/shop-that-loses.js';

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

it.each<{ older: Side; ends: Place }>([
  { older: 'extracted', ends: most },
  // Keys that have moved since are the services' own: they have everything then.
  { older: 'monolith', ends: out },
])(
  'dumps of $older from earlier: it joins again as a copy, and all that was answered before them is in place',
  async ({ older, ends }) => {
    const load = await shop.customers(9_509 + older.length);
    await shop.goTo(half);
    await shop.placed(load, 10);
    const dumpedAt = performance.now();
    const restoreOlder = await dump(older);
    await shop.placed(load, 5);
    await shop.goTo(most);
    // Each service has a moment of its own: what is ordered between two of them is in one, and not in the other.
    const goOn = older === 'monolith' ? await load.hold() : () => undefined;
    const restoreNewer = await dump(otherSide(older));
    goOn();
    await shop.placed(load, 10);
    await shop.keepWrites();
    const [first, second] = [await restoreOlder(), await restoreNewer()];
    await shop.moveTo({ [older]: first, [otherSide(older)]: second });
    const restoredAt = performance.now();
    await shop.heal();
    await shop.rests(ends);
    await shop.placed(load, 10);
    await load.stop();
    await shop.rests(ends);

    const { start } = load.history;
    const isLost = ({ ended }: Event): boolean => start + ended >= dumpedAt && start + ended <= restoredAt;
    const account = await accountFor(shop, load, restoredAt, isLost);
    expect(account).toMatchObject({ missing: [], problems: [] });
    expect(account.inPlace).toBeGreaterThan(20);
    expect(await shop.differences()).toEqual(Object.fromEntries(moduleNames.map((name) => [name, 0])));
    const verbs = [...shop.advised.values()].map(({ command }) => command.split(' ')[0]);
    expect([...new Set(verbs)]).toEqual(['rejoin']);
  },
  600_000,
);

const dump = (side: Side) => shop.servers[side].dump(side === 'monolith' ? ['shop'] : moduleNames);
