import { startNats } from '../../../support/nats.js';
import { startPostgres } from '../../../support/own-postgres.js';
import { ShopInCopies } from '../shop-in-copies.js';
import { Ways } from './ways.js';

/** A shop in copies, with a pgbouncer a side. */
export type SoakShop = ShopInCopies<Ways>;

export async function openSoakShop(): Promise<SoakShop> {
  const [monolith, extracted, nats] = await Promise.all([startPostgres(), startPostgres(), startNats()]);
  const servers = { monolith, extracted };
  const shop = await ShopInCopies.on({ servers, nats, ways: await Ways.open(servers) });
  await shop.open();
  return shop;
}
