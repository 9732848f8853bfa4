import { until } from '../support/until.js';
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
    // Further than any one answer goes. What happens meanwhile moves the button away from under the mouse.
    const earlier = page.page.getByRole('button', { name: 'Show earlier' });
    await until('1,100 entries', async () => {
      if ((await entries.count()) > 1_100) return true;
      if (await earlier.isEnabled()) await earlier.click();
      return undefined;
    });
    const told = await entries.locator('p').allTextContents();
    expect(told.filter((text) => /^entry 9\d{3}$/.test(text))).toHaveLength(1_000);
    expect(page.complaints).toEqual([]);
  }, 120_000);
});
