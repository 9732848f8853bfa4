import { EmbeddedServers, StartError, type Closing } from '#platform';
import { AdminClient } from 'nestjs-strangler/cli';
import { readSample, readSamplePassword, type Sample, ShopClient } from '#sample';
import { adminAt, AdminSession } from './admin.js';
import type { Fleet } from './fleet.js';
import { Load } from './load.js';
import type { OrderBook } from './order-book.js';
import type { DemoSetup } from './setup.js';

/** A shop with its sample loaded, and customers at the door. */
export interface Shop {
  admin: AdminClient;
  /** Not started. */
  load: Load;
  sample: Sample;
  /** URL of a database of the demo. */
  database: (name: string) => Promise<string>;
}

/** What a shop is opened with. */
export interface ShopParts {
  setup: DemoSetup;
  fleet: Fleet;
  book: OrderBook;
  /** Orders a second. */
  rate: number;
  /** Ends it all. */
  closing: Closing;
  say: (line: string) => void;
}

/** Opens the shop. @throws {StartError} */
export async function openShop({ setup, fleet, book, rate, closing, say }: ShopParts): Promise<Shop> {
  const { folder } = setup;
  say(`opening the shop in ${folder}`);
  // The servers are joined here too: the databases must be there when the last program has gone.
  const servers = new EmbeddedServers(folder, say);
  closing.add(() => servers.release());
  const database = (name: string) => servers.database(name);
  await database('shop');
  // Modules that leave need it; a download would otherwise fall into the time of the first one.
  await servers.nats();
  closing.add(() => fleet.end());
  const { url, adminUrl } = await fleet.openShop();
  say(`the shop is open at ${url}, its admin API at ${adminUrl}`);
  const client = new ShopClient(url);
  const admin = new AdminClient(adminAt('the shop', adminUrl), new AdminSession(url, setup.admin));
  const [sample, kept] = await Promise.all([readSample(), readSamplePassword(folder)]);
  if (!kept) throw new StartError(`the shop in ${folder} has no sample customers`);
  const skus = sample.products.map(({ sku }) => sku);
  const { password } = kept;
  const load = new Load({ client, invoices: sample.invoices, skus, password, rate }, book);
  closing.add(() => load.abandon());
  return { admin, load, sample, database };
}
