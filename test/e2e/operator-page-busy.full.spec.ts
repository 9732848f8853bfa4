import type { OperatorPage } from '../support/operator-page.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';

/* Much at once: a long history, and four modules on their way. The page stays whole, and is asked for no more than it shows. */

const four = ['inventory', 'payments', 'orders', 'users'] as const;

describe('the operator’s page, with much to show', () => {
  let opened: ShopPage;
  let page: OperatorPage;

  beforeAll(async () => {
    opened = await openShopPage({ services: four });
    page = opened.page;
    await page.logIn();
  }, 300_000);
  afterAll(() => opened.end());

  it('shows four modules that move at once', async () => {
    for (const module of four) {
      await page.choose(module);
      await page.carryOut('Run');
    }
    for (const module of four) await page.arrived(module, 'extracted');
    expect(page.complaints).toEqual([]);
  }, 240_000);

  it('shows the newest of ten thousand entries, and more when they are asked for', async () => {
    await opened.setup.query(
      `insert into strangler.history (module, actor, action, from_phase, to_phase, outcome, reason, figures)
       select 'inventory', 'a test', 'verify', 'extracted', 'extracted', 'noted', 'entry ' || n, '{}' from generate_series(1, 10000) n`,
    );
    await page.page.reload();
    await page.choose('inventory');
    await page.page.getByRole('tab', { name: 'Timeline' }).click();
    const entries = page.page.locator('.timeline li');
    await entries.filter({ hasText: 'entry 10000' }).waitFor();
    expect(await entries.count()).toBeLessThanOrEqual(101);
    // Further than any one answer goes.
    for (let last = 9_850; last >= 8_850; last -= 100) {
      await page.page.getByRole('button', { name: 'Show earlier' }).click();
      await entries.filter({ hasText: `entry ${last}` }).waitFor();
    }
    expect(await entries.count()).toBeGreaterThan(1_100);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
