import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import { admin } from './shop.js';

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** What axe says of a page; the rest of its results is not needed. */
interface Found {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}

/** How somebody looks at the page. */
export interface PageLook {
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
  /** Default en-GB. */
  locale?: string;
  /** Runs before the scripts of the page. */
  script?: string;
}

/** The operator's page in a browser, by what stands on it: as somebody uses it who has read nothing else. */
export class OperatorPage {
  /** What the browser complains of: errors of scripts, of the policy, and of what was asked for. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  static async open(browser: Browser, url: string, look: PageLook = {}): Promise<OperatorPage> {
    const { width = 1_280, height = 1_000, scheme = 'light', locale = 'en-GB', script } = look;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, locale });
    const opened = new OperatorPage(page);
    if (script !== undefined) await page.addInitScript(script);
    await page.goto(url);
    return opened;
  }

  async logIn({ email, password }: { email: string; password: string } = admin): Promise<void> {
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Log in' }).click();
    await this.page.locator('.card').first().waitFor();
  }

  card(module: string): Locator {
    return this.page.locator(`.card[data-module="${module}"]`);
  }

  async choose(module: string): Promise<void> {
    await this.card(module).getByRole('button', { name: module }).click();
  }

  /** Presses a button of the chosen module, and answers its dialog. */
  async press(label: string): Promise<Locator> {
    const bar = this.page.getByRole('toolbar');
    const button = bar.getByRole('button', { name: label, exact: true });
    if (!(await button.isVisible())) await bar.getByText('More').click();
    await button.click();
    return this.page.getByRole('dialog');
  }

  /** Presses a button, reads what it would do, and confirms it. Answers what the dialog said. */
  async carryOut(label: string): Promise<string> {
    const dialog = await this.press(label);
    const confirm = dialog.getByRole('button', { name: label, exact: true });
    await answered(dialog);
    const said = await dialog.innerText();
    await confirm.click();
    await dialog.waitFor({ state: 'detached' });
    return said;
  }

  /** What keeps people with a screen reader, a keyboard or weak eyes out, as far as axe-core finds it. */
  async barriers(): Promise<string[]> {
    // Not as a script of the page: its policy lets in none but its own.
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate<Found>('axe.run()');
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
    );
  }

  /** Waits until the card says that the module is in a phase, and on its way nowhere else. */
  async arrived(module: string, phase: string): Promise<void> {
    const present = this.card(module).locator('.rail [aria-current="step"]', { hasText: phase });
    await present.waitFor({ timeout: 120_000 });
  }
}

/** Waits until a dialog says what would be done. */
export const answered = (dialog: Locator): Promise<void> =>
  dialog.locator('.dry-run[aria-busy="false"]').locator('ol li, .refusal, .nothing').first().waitFor();
