import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorPage } from '../support/operator-page.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, openService, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';

/* Much at once: a long history, and four modules on their way. The page stays whole, and is asked for no more than it shows. */

const admin = { email: 'admin@shop.example', password: 'correct horse battery' };
const four = ['inventory', 'payments', 'orders', 'users'] as const;

describe('the operator’s page, with much to show', () => {
  let nats: TestNats;
  let setup: ShopSetup;
  let shop: OpenShop;
  let browser: Browser;
  let page: OperatorPage;

  beforeAll(async () => {
    nats = await startNats();
    setup = await makeSetup(nats.url);
    shop = await openShop(setup);
    await Promise.all(four.map((module) => openService(setup, module)));
    await (await Client.admin(shop.url)).stock('F-1', 100);
    browser = await launchBrowser();
    page = await OperatorPage.open(browser, shop.adminUrl);
    await page.logIn(admin);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    endAllPrograms();
    await setup.drop();
    await nats.stop();
  });

  it('shows four modules that move at once', async () => {
    for (const module of four) {
      await page.choose(module);
      await page.carryOut('Run');
    }
    for (const module of four) await page.arrived(module, 'extracted');
    expect(page.complaints).toEqual([]);
  }, 240_000);

  it('shows the newest of ten thousand entries, and more when they are asked for', async () => {
    await setup.query(
      `insert into strangler.history (module, actor, action, from_phase, to_phase, outcome, reason, figures)
       select 'inventory', 'a test', 'verify', 'extracted', 'extracted', 'noted', 'entry ' || n, '{}' from generate_series(1, 10000) n`,
    );
    await page.page.reload();
    await page.choose('inventory');
    await page.page.getByRole('tab', { name: 'Timeline' }).click();
    const entries = page.page.locator('.timeline li');
    await entries.filter({ hasText: 'entry 10000' }).waitFor();
    expect(await entries.count()).toBeLessThanOrEqual(101);
    await page.page.getByRole('button', { name: 'Show more' }).click();
    await entries.filter({ hasText: 'entry 9100' }).waitFor();
    expect(await entries.count()).toBeLessThanOrEqual(1_001);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
