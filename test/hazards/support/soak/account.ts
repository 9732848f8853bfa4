import { moduleNames } from '../../../support/shop.js';
import { check } from '../check.js';
import type { Load } from '../load.js';
import { bothSides } from '../moving-modules.js';
import { unexplained, type Outage } from './errors.js';
import type { ShopInCopies } from '../shop-in-copies.js';

/** What is not as it is promised, once all is at rest; empty: the account is true. */
export async function problemsOf(
  shop: ShopInCopies,
  load: Load,
  outages: readonly Outage[],
): Promise<string[]> {
  return [
    ...unexplained(load.history.events, outages),
    ...(await books(shop, load)),
    ...(await differences(shop)),
    ...(await findings(shop)),
    ...shop.faults(),
  ];
}

/** The owner's books, and the copy's: orders, customers, stock, payments, and what customers saw. */
async function books(shop: ShopInCopies, load: Load): Promise<string[]> {
  const held = bothSides.map(async (side) => {
    const databaseOf = (module: (typeof moduleNames)[number]) => shop.urlOf(side, module);
    const { setup, received } = shop;
    return check(setup, load, { errors: 'some', received, databaseOf }).then(
      () => [],
      (error: unknown) => [`by the books of ${side}: ${(error as Error).message}`],
    );
  });
  return (await Promise.all(held)).flat();
}

async function differences(shop: ShopInCopies): Promise<string[]> {
  const found = Object.entries(await shop.differences());
  return found.flatMap(([module, count]) => (count === 0 ? [] : [`${count} rows of ${module} differ`]));
}

/** A NATS with known holes is the machine's own. */
async function findings(shop: ShopInCopies): Promise<string[]> {
  const found = (await Promise.all(moduleNames.map((module) => shop.doctor(module)))).flat();
  const ours = found.filter(({ problem }) => !problem.startsWith('nats-server '));
  return ours.map((finding) => `doctor: ${JSON.stringify(finding)}`);
}
