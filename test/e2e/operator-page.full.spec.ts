import { answered, type OperatorPage } from '../support/operator-page.js';
import { admin, openService } from '../support/shop.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';
import { until } from '../support/until.js';
import { check } from '../hazards/support/check.js';
import { Load } from '../hazards/support/load.js';

/* Somebody who has read nothing moves a module out and back, with the mouse alone, while customers order. */

const skus = Array.from({ length: 12 }, (_, i) => `P-${i}`);
const opening = 100_000;

describe('the operator’s page', () => {
  let opened: ShopPage;
  let page: OperatorPage;

  beforeAll(async () => {
    opened = await openShopPage({ skus, onHand: opening });
    page = opened.page;
  }, 300_000);
  afterAll(() => opened.end());

  it('lets in who has an account, and says why it lets nobody else in', async () => {
    await page.page.getByLabel('E-mail').fill(admin.email);
    await page.page.getByLabel('Password').fill('wrong');
    await page.page.getByRole('button', { name: 'Log in' }).click();
    await page.page.getByRole('alert').filter({ hasText: 'password' }).waitFor();
    page.complaints.length = 0;
    await page.logIn();
    expect(await page.page.evaluate<string>('document.cookie')).toBe('');
    expect(page.page.url()).not.toContain('token');
  });

  it('says that there is no service, and with which command one starts', async () => {
    await page.choose('inventory');
    const card = page.card('inventory');
    await card.getByText('no service: nothing to move to yet').waitFor();
    await card.locator('.command code', { hasText: /start:extracted -- inventory$/ }).waitFor();
    const dialog = await page.press('Run');
    await dialog.locator('.refusal').waitFor();
    expect(await dialog.innerText()).toMatch(/start:extracted/);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await openService(opened.setup, 'inventory');
    await card.locator('.lamp.up', { hasText: 'its service is there' }).waitFor();
  });

  it('moves a module out and back while customers order', async () => {
    const load = await Load.start({ url: opened.shop.url, seed: 7, skus });
    await load.placed(20);
    const said = await page.carryOut('Run');
    expect(said).toMatch(/line \d+ of .*strangler\.yaml.* becomes .*extracted/);
    await page.arrived('inventory', 'extracted');
    await load.placed(20);
    expect(await page.page.getByRole('toolbar').innerText()).toContain('loses nothing');
    await page.carryOut('Roll back');
    await page.arrived('inventory', 'monolith');
    await load.placed(20);
    await load.stop();
    await check(opened.setup, load, { received: new Map(skus.map((sku) => [sku, opening])) });
    await page.page.getByRole('tab', { name: 'Timeline' }).click();
    await page.page.locator('.timeline li', { hasText: 'rollback' }).first().waitFor();
    expect(page.complaints).toEqual([]);
  }, 240_000);

  it('goes on by itself when the shop was killed and started again, and says meanwhile that it is old', async () => {
    await opened.shop.end('SIGKILL');
    await page.page.getByText('What is shown is old').waitFor({ timeout: 30_000 });
    await opened.startAgain();
    await page.page.getByText('What is shown is old').waitFor({ state: 'detached', timeout: 60_000 });
    const dialog = await page.press('Pause');
    await answered(dialog);
    await dialog.getByRole('button', { name: 'Close' }).click();
  }, 180_000);

  it.each([
    ['light', 1_280],
    ['dark', 1_280],
    ['light', 360],
  ] as const)(
    'has no barriers that axe knows, %s at %s px, and needs no scrolling to the side',
    async (scheme, width) => {
      const narrow = await opened.another({ scheme, width });
      await narrow.logIn();
      expect(await narrow.barriers()).toEqual([]);
      const overflow = await narrow.page.evaluate<number>(
        'document.documentElement.scrollWidth - innerWidth',
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await narrow.page.close();
    },
  );

  it('draws the charts anew when the system turns dark', async () => {
    const looking = await opened.another();
    await looking.logIn();
    // Nothing comes to this part of the past, so nothing else draws them anew.
    await looking.page.getByRole('button', { name: 'earlier' }).click();
    await looking.page.locator('.over-time[aria-busy="false"]').waitFor();
    const drawn = () => looking.page.evaluate<string>("document.querySelector('.charts canvas').toDataURL()");
    const light = await drawn();
    await looking.page.emulateMedia({ colorScheme: 'dark' });
    await until('it is drawn in other colors', async () => (await drawn()) !== light || undefined);
    await looking.page.close();
  });
});
