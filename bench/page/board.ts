import type { Closing } from '#platform';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { admin } from '../orders/shop.js';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** The operator's page in a real browser, of somebody who is logged in: opened, looked at and closed as often as it is asked for. */
export class Board {
  private constructor(
    private readonly context: BrowserContext,
    private readonly url: string,
  ) {}

  /** @throws when there is no Chromium. */
  static async of(adminUrl: string, closing: Closing): Promise<Board> {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    closing.add(() => browser.close());
    const context = await browser.newContext({ viewport: { width: 1_280, height: 1_000 } });
    const board = new Board(context, adminUrl);
    const page = await context.newPage();
    await page.goto(adminUrl);
    await page.getByLabel('E-mail').fill(admin.email);
    await page.getByLabel('Password').fill(admin.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await shown(page);
    await page.close();
    return board;
  }

  /** Has it open while something is done: from when all of it is shown. */
  async openWhile<T>(work: () => Promise<T>): Promise<T> {
    const page = await this.context.newPage();
    try {
      await page.goto(this.url);
      await shown(page);
      return await work();
    } finally {
      await page.close();
    }
  }
}

/** The cards, the charts of the first module, and who it is. */
async function shown(page: Page): Promise<void> {
  await page.locator('.card').first().waitFor();
  await page.locator('.charts figure').first().waitFor();
  await page.locator('.lamps').first().waitFor();
}
