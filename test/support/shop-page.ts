import { Closing } from '#platform';
import { launchBrowser } from './browser.js';
import { startNats } from './nats.js';
import { OperatorPage, type PageLook } from './operator-page.js';
import { freePort } from './ports.js';
import { endAllPrograms } from './programs.js';
import {
  Client,
  customerPassword,
  makeSetup,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type ShopSetup,
} from './shop.js';

/** What a test of the page wants to find. */
interface Wanted extends PageLook {
  /** `hand`: nothing of the modules stands in `strangler.yaml`. */
  steeredBy?: 'file' | 'hand';
  /** Modules that have a service beside the shop. */
  services?: readonly ModuleName[];
  /** Products that are on the shelf. */
  skus?: readonly string[];
  onHand?: number;
}

/** A shop of real processes, and its page, where nobody is logged in yet, in a browser. */
export interface ShopPage {
  readonly setup: ShopSetup;
  /** The one that was started last. */
  shop: OpenShop;
  readonly operator: Client;
  readonly page: OperatorPage;
  /** Somebody who may act, or look only: what he logs in with. */
  account(role: 'admin' | 'viewer'): Promise<{ email: string; password: string }>;
  /** The same page, opened by somebody else: with cookies of his own. */
  another(look?: PageLook): Promise<OperatorPage>;
  /** Starts a shop that was ended, at the same address. */
  startAgain(): Promise<void>;
  end(): Promise<void>;
}

/** Opens all that a test of the page stands on; what was opened before something failed is ended. */
export async function openShopPage(wanted: Wanted = {}): Promise<ShopPage> {
  const closing = new Closing();
  try {
    return await open(wanted, closing);
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

async function open(
  { steeredBy = 'file', services = [], skus = ['P-1'], onHand = 100, ...look }: Wanted,
  closing: Closing,
): Promise<ShopPage> {
  const nats = await startNats();
  closing.add(() => nats.stop());
  const setup = await makeSetup(nats.url);
  closing.add(() => setup.drop());
  // One that comes back has to be found by those whose page is open.
  setup.env['ADMIN_PORT'] = String(await freePort());
  if (steeredBy === 'hand') await setup.steerByHand();
  closing.add(async () => endAllPrograms());
  const shop = await openShop(setup);
  await Promise.all(services.map((module) => openService(setup, module)));
  const keeper = await Client.admin(shop.url);
  await Promise.all(skus.map((sku) => keeper.stock(sku, onHand)));
  const operator = await Client.operator(shop);
  const browser = await launchBrowser();
  closing.add(() => browser.close());
  const another = (how?: PageLook) => OperatorPage.open(browser, shop.adminUrl, how);
  const opened: ShopPage = {
    ...{ setup, shop, operator, another },
    account: (role) => accountOf(role, opened),
    page: await another(look),
    startAgain: async () => void (opened.shop = await openShop(setup)),
    end: () => closing.closeAll(),
  };
  return opened;
}

async function accountOf(role: string, { setup, shop }: Pick<ShopPage, 'setup' | 'shop'>) {
  const { id } = await Client.register(shop.url);
  const sql = 'update users.account set role = $2 where id = $1 returning email';
  const [account] = await setup.query<{ email: string }>(sql, [id, role]);
  return { email: account!.email, password: customerPassword };
}
