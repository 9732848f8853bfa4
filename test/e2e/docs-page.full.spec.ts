import type { OpenAPIObject } from '@nestjs/swagger';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';

/*
 * What would go wrong: the page of the documentation stays white under its Content-Security-Policy, or what it offers to
 * try out cannot succeed. So a real browser does by its buttons what a newcomer does.
 */

describe('the page /docs', () => {
  let setup: ShopSetup;
  let shop: OpenShop;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    setup = await makeSetup();
    shop = await openShop(setup);
    await (await Client.admin(shop.url)).stock('85123A', 100);
    browser = await launchBrowser();
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${shop.url}/docs`);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await shop.end();
    await setup.drop();
    endAllPrograms();
  });

  /** Opens an operation, and sends its example with these parameters filled in. */
  async function tryOut(operation: string, parameters: Record<string, string> = {}) {
    const block: Locator = page.locator(`.opblock[id$="-${operation}"]`);
    await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').click();
    for (const [name, value] of Object.entries(parameters))
      await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    const answered = page.waitForResponse((response) => response.url().includes('/api/v1/'));
    await block.locator('.execute').click();
    const answer = await answered;
    await block.locator('.live-responses-table .response-col_status').first().waitFor();
    return { status: answer.status(), body: (await answer.json()) as Record<string, string> };
  }

  async function authorize(token: string): Promise<void> {
    await page.locator('.auth-wrapper .btn.authorize').click();
    await page.locator('.auth-container input').fill(token);
    await page.locator('.auth-btn-wrapper .authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').click();
  }

  it('leads a newcomer to a first order, and back, by its examples', async () => {
    const person = await tryOut('Users_register');
    expect(person).toMatchObject({ status: 201, body: { email: 'ann@example.com' } });
    const login = await tryOut('Auth_token');
    expect(login.status).toBe(201);
    await authorize(login.body['accessToken'] ?? '');
    expect((await tryOut('Products_list')).status).toBe(200);
    expect((await tryOut('Products_get')).body).toMatchObject({ sku: '85123A' });
    const order = await tryOut('Orders_place');
    expect(order).toMatchObject({ status: 201, body: { status: 'confirmed' } });
    const id = order.body['id'] ?? '';
    expect(await tryOut('Orders_get', { id })).toMatchObject({ status: 200, body: { id } });
    expect((await tryOut('Orders_list')).status).toBe(200);
    expect(await tryOut('Orders_payment', { id })).toMatchObject({
      status: 200,
      body: { status: 'charged' },
    });
    expect(await tryOut('Orders_cancel', { id })).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    expect((await tryOut('Users_get', { id: person.body['id'] ?? '' })).status).toBe(200);
  });

  it('shows every operation, and the browser has nothing to complain of', async () => {
    const { paths } = (await (await fetch(`${shop.url}/docs/openapi.json`)).json()) as OpenAPIObject;
    const count = Object.values(paths).flatMap((item) => Object.keys(item as object)).length;
    expect(await page.locator('.opblock').count()).toBe(count);
    expect(complaints).toEqual([]);
  });

  it('runs no script that is not its own', async () => {
    await page.evaluate(() => {
      const script = (globalThis as never as { document: Document }).document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      (globalThis as never as { document: Document }).document.body.append(script);
    });
    expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
    expect(complaints.join()).toContain('Content Security Policy');
  });
});

/** Of the browser's types, what is used here: the rest of the project has none. */
interface Document {
  createElement(name: string): { textContent: string };
  body: { append(child: object): void };
}
