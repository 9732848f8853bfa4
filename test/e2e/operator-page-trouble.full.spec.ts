import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { OperatorPage } from '../support/operator-page.js';
import { ScriptedAdmin, type Answer } from '../support/scripted-admin.js';
import { entry, quietSeries, runningProcess, standing } from '../support/standing.js';

/* What the page says, and keeps from its user, while the admin API refuses, fails, or goes and comes back. */

const ann = { actor: 'ann@shop.example', role: 'admin' };
const withRatio = (value: number | null) => [{ key: 'gates.p99Ratio', value, from: 'default' as const }];
const stock = standing('stock', { phase: 'shadow', settings: withRatio(3) });

/** All is well. */
const usual = (): Record<string, Answer> => ({
  'GET session': ann,
  'DELETE session': 204,
  'GET process': runningProcess,
  'GET doctor': { items: [] },
  'GET webhooks': { items: [] },
  'GET modules/stock': stock,
  'GET modules/stock/series': quietSeries('stock'),
  'GET modules/stock/history': { items: [entry(1, { module: 'stock', action: 'verify' })] },
});

describe('the page in trouble', () => {
  let browser: Browser;
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(() => close());
  afterAll(() => browser.close());

  async function open(change: Record<string, Answer> = {}) {
    const opened = await ScriptedAdmin.open({ ...usual(), ...change }, { items: [stock] });
    close = opened.close;
    const { page, complaints } = await OperatorPage.open(browser, opened.url);
    // What was refused the browser tells, too.
    const faults = () => complaints.filter((each) => !/status of|ERR_/.test(each));
    return { admin: opened.admin, page, faults };
  }

  it('says why a token lets nobody in, and takes another one', async () => {
    const { admin, page, faults } = await open({
      'GET session': { actor: null, role: null },
      'POST session': 204,
    });
    await page.getByRole('button', { name: 'with a token' }).click();
    admin.answers['GET session'] = 401;
    await page.getByLabel('Token').fill('a-wrong-one');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').filter({ hasText: 'no: 401' }).waitFor();
    admin.answers['GET session'] = ann;
    await page.getByLabel('Token').fill('a-good-one');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText(ann.actor).waitFor();
    expect(faults()).toEqual([]);
  });

  it('does not say that somebody is logged out who is not', async () => {
    const { page, faults } = await open({ 'DELETE session': 503 });
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('alert').filter({ hasText: 'may still be logged in' }).waitFor();
    expect(faults()).toEqual([]);
  });

  it('does not say that nothing is stuck where nobody has found out', async () => {
    const { admin, page } = await open({ 'GET doctor': 503 });
    await page.getByText('Doctor does not answer: no: 503').waitFor();
    expect(await page.getByText('nothing is stuck').count()).toBe(0);
    admin.answers['GET doctor'] = { items: [] };
    await page.getByText('Doctor: nothing is stuck.').waitFor({ timeout: 25_000 });
  });

  it('asks anew what is typed and planned when another verb is chosen over an open dialog', async () => {
    const planned = (verb: string) => ({ module: 'stock', verb, dryRun: true, plan: [`so ${verb} does`] });
    const { page, faults } = await open({
      'POST modules/stock/rejoin': planned('rejoin'),
      'POST modules/stock/decommission': planned('decommission'),
    });
    await page.getByRole('toolbar').getByText('More').click();
    await page.getByRole('button', { name: 'Decommission', exact: true }).click();
    await page.getByText('so decommission does').waitFor();
    await page.getByLabel('to confirm').fill('stock');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('stock: rejoin');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Rejoin: stock' }).waitFor();
    await page.getByText('so rejoin does').waitFor();
    expect(await page.getByLabel('to confirm').inputValue()).toBe('');
    expect(faults()).toEqual([]);
  });

  it('shows the history once it can be read, with what happened while nobody was heard', async () => {
    const { admin, page, faults } = await open({ 'GET modules/stock/history': 503 });
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.getByRole('alert').filter({ hasText: 'no: 503' }).waitFor();
    const items = [
      entry(2, { module: 'stock', action: 'pause' }),
      entry(1, { module: 'stock', action: 'verify' }),
    ];
    admin.answers['GET modules/stock/history'] = { items: items.slice(1) };
    admin.breakStreams();
    await page.locator('.timeline li', { hasText: 'verify' }).waitFor();
    admin.answers['GET modules/stock/history'] = { items };
    admin.breakStreams();
    await page.locator('.timeline li', { hasText: 'pause' }).waitFor();
    expect(await page.getByRole('alert').filter({ hasText: 'no: 503' }).count()).toBe(0);
    expect(faults()).toEqual([]);
  });

  it('comes back to an admin API whose process was killed', async () => {
    const { admin, page, faults } = await open();
    await page.getByText('shadow', { exact: true }).first().waitFor();
    admin.breakStreams();
    admin.tell('status', { items: [] });
    await page.waitForEvent('request', (request) => request.url().endsWith('/events'));
    expect(faults()).toEqual([]);
  });

  it('draws on when a setting takes a line out of a chart, or adds one', async () => {
    const { admin, page, faults } = await open();
    const gate = page.locator('.line', { hasText: 'gate' });
    const range = async (label: string, percent: number) => {
      admin.answers['GET modules/stock/series'] = { ...quietSeries('stock'), percent: [null, percent] };
      await page.getByRole('button', { name: label }).click();
      await page.locator('.line', { hasText: `share ${percent}` }).waitFor();
    };
    await gate.waitFor();
    admin.tell('status', { items: [{ ...stock, settings: withRatio(null) }] });
    await gate.waitFor({ state: 'detached' });
    await range('1 h', 42);
    admin.tell('status', { items: [stock] });
    await gate.waitFor();
    await range('6 h', 43);
    // Of each chart its lines: uPlot keeps one element a line, and one of the axis.
    const points = await page.locator('figure', { has: gate }).locator('.u-cursor-pt').count();
    expect(points).toBe(5);
    expect(faults()).toEqual([]);
  });
});
