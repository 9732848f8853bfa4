import type { Closing } from '#platform';
import { readSample } from '#sample';
import type { BenchServers } from '../servers.js';
import { Customers } from './customers.js';
import { openShop, type Inventory, type ShopOptions } from './shop.js';
import { stock } from './stock.js';

/** Which shop to open. */
export interface Crowd extends ShopOptions {
  inventory: Inventory;
  /** Of each order, at most so many lines; left out, all that its invoice has. */
  lines?: number;
}

/** Opens a shop with plenty of everything, and its customers. */
export async function crowdOf(
  servers: BenchServers,
  { inventory, lines, ...options }: Crowd,
  closing: Closing,
): Promise<Customers> {
  const { invoices, products } = await readSample();
  const shop = await openShop(servers, inventory, closing, options);
  await stock(shop.url, products);
  const short = invoices.map((invoice) => ({ ...invoice, items: invoice.items.slice(0, lines) }));
  return Customers.of(shop, short);
}
