import type { ActionAnswer } from 'nestjs-strangler';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Locator } from 'playwright-core';
import { servePage } from '../../libs/strangler/src/cli/page-server.js';
import { adminLogin, openAdmin, type AdminListener } from '../support/admin.js';
import { launchBrowser } from '../support/browser.js';
import { closing } from '../support/http-server.js';
import { answered, OperatorPage, type PageLook } from '../support/operator-page.js';
import { ScriptedOperator } from '../support/scripted-operator.js';
import { entry, quietSeries, runningProcess, side } from '../support/standing.js';

/* What the page says of states that a shop is seldom in, or not for long: an operator says so, the listener and the browser are real. */

const start = 'npm run start:extracted -- stock';
const file = 'strangler.yaml line 9 refused: no such phase';

/** A module on its way whose service is not there. */
const alone = {
  phase: 'shifting',
  wanted: { phase: 'shifting', percent: 5, by: 'operator' },
  ...{ percent: 1, phaseSinceMs: 90_000, etaSeconds: 3_780 },
  sides: { monolith: side(), extracted: side({ healthy: false, health: 'not there' }) },
  waitingFor: `the service of stock is not there: ${start}`,
  waiting: {
    ...{ needs: 'the service of stock', has: 'nobody there', todo: 'start it', command: start },
    sinceMs: 61_000,
  },
  gates: [
    {
      ...{ name: 'lag', value: 12.5, limit: 5_000, samples: 1, probes: 0, customers: 0, needed: 1 },
      ...{ confidence: null, state: 'pass', why: null, sinceMs: 61_000 },
    },
    {
      ...{ name: 'error rate', value: 0.001, limit: 0.01, samples: 55, probes: 35, customers: 20 },
      ...{ needed: 200, confidence: 0.8, state: 'hold', why: null, sinceMs: 61_000 },
    },
    {
      ...{ name: 'p99', value: null, limit: 3, samples: 0, probes: 0, customers: 0, needed: 0 },
      ...{ confidence: null, state: 'pass', why: null },
    },
  ],
  settings: [
    { key: 'bake', value: '30s', from: 'strangler.yaml:7' },
    { key: 'ramp', value: [1, 5], from: 'ann@shop.example' },
  ],
} satisfies Parameters<ScriptedOperator['put']>[1];

describe('what the operator’s page says', () => {
  let operator: ScriptedOperator;
  let admin: AdminListener;
  let browser: Browser;
  let served: Server | undefined;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    operator = new ScriptedOperator('stock', 'desk');
    operator.process = async () => ({ ...runningProcess, environment: 'staging' });
    operator.put('stock', alone);
    admin = await openAdmin(operator);
  });
  afterEach(async () => {
    if (served) await closing(served);
    served = undefined;
    await admin.close();
  });
  afterAll(() => browser.close());

  async function opened(look?: PageLook): Promise<OperatorPage> {
    const page = await OperatorPage.open(browser, admin.url, look);
    await page.logIn(adminLogin);
    return page;
  }
  const row = ({ page }: OperatorPage, name: string) =>
    page.getByRole('tabpanel').getByRole('row').filter({ hasText: name });
  const widthOf = async (part: Locator) => (await part.boundingBox())!.width;

  it('of the application, its servers and its file', async () => {
    const { page } = await opened();
    const head = page.locator('header');
    await head.getByRole('heading', { name: 'shop' }).waitFor();
    const said = (await head.innerText()).replace(/\s+/g, ' ');
    for (const text of [
      'staging 1.2.3 stock led by process 7 on here, which reads strangler.yaml; desk led by nobody',
      `${adminLogin.email} admin`,
      'NATS connected localhost:4222',
      'database of the monolith up localhost:5432/shop as shop',
      'database of stock down',
      'file refused strangler.yaml',
    ])
      expect(said).toContain(text);
    expect(await head.getByRole('alert').innerText()).toBe(`${file}; the last good one is in force.`);
  });

  it('of one per cent, of a service that is not there, and of one that has come', async () => {
    const page = await opened();
    const card = page.card('stock');
    const [part, all] = [card.locator('.bar .part'), card.locator('.bar .all')];
    expect((await widthOf(part)) / (await widthOf(all))).toBeCloseTo(0.01, 4);
    const said = (await card.innerText()).replace(/\s+/g, ' ');
    for (const text of [
      'shifting for 1 min 30 s',
      '✓ monolith ✓ dual-write ✓ shadow shifting extracted decommissioned',
      '1 % of the keys extracted, set 5 %',
      'about 1 h 3 min left',
      'needs the service of stock has nobody there for 1 min 1 s to do start it',
    ])
      expect(said).toContain(text);
    await page.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await card.getByRole('button', { name: 'copy' }).click();
    await card.getByText('copied').waitFor();
    expect(await page.page.evaluate<string>('navigator.clipboard.readText()')).toBe(start);
    await card.locator('.lamp.down', { hasText: 'service not there' }).waitFor();
    operator.put('stock', {
      ...{ waiting: null, waitingFor: null },
      sides: { monolith: side(), extracted: side() },
    });
    await card.locator('.lamp.up', { hasText: 'service up' }).waitFor();
    expect(await card.innerText()).not.toContain(start);
  });

  it('of gates and settings: on what evidence, since when, and who says so', async () => {
    const page = await opened();
    await row(page, 'lag').waitFor();
    expect(await row(page, 'lag').innerText()).toMatch(/13 ms\s+5,000 ms\s+✓ pass\s+1 min 1 s/);
    expect(await row(page, 'error rate').innerText()).toMatch(
      /0\.1 %\s+1 %\s+55 of 200 \(35 probes, 20 of customers\)\s+… hold: at 80 % confidence\s+1 min 1 s/,
    );
    expect(await row(page, 'p99').innerText()).toContain('not measured');
    await page.page.getByText('Settings in force').click();
    expect(await row(page, 'bake').innerText()).toContain('strangler.yaml:7');
    expect(await row(page, 'ramp').innerText()).toContain('ann@shop.example');
  });

  it('of what is stuck, what that means, and what frees it', async () => {
    const said = { problem: 'a row is stuck', meaning: 'the other side lacks it', remedy: 'look at the row' };
    operator.findings = [{ module: 'desk', ...said, repairable: true }];
    operator.quarantinedRows = [
      {
        ...{ side: 'monolith', id: 7, table: 'item', pk: ['A', '1'], key: 'A' },
        ...{ reason: 'no such column', at: '2026-01-02T03:04:05.678Z' },
      },
    ];
    const page = await opened();
    const doctor = page.page.getByRole('region', { name: 'Doctor' });
    await doctor.getByText(`desk: ${said.problem}`).click();
    for (const text of [said.meaning, said.remedy]) await doctor.getByText(text).waitFor();
    await doctor.getByRole('button', { name: 'Repair' }).click();
    const repair = page.page.getByRole('dialog', { name: 'Repair: desk' });
    await answered(repair);
    await repair.getByRole('button', { name: 'Repair' }).click();
    await repair.waitFor({ state: 'detached' });
    await page.page.getByRole('tab', { name: 'Quarantined' }).click();
    expect(await row(page, 'item A/1').innerText()).toMatch(/monolith\s+no such column/);
    await row(page, 'item A/1').getByRole('button', { name: 'retry' }).click();
    const again = page.page.getByRole('dialog', { name: 'Send again: stock' });
    await answered(again);
    await again.getByRole('button', { name: 'Send again' }).click();
    await again.waitFor({ state: 'detached' });
    expect(operator.acts.filter(({ dryRun }) => !dryRun)).toMatchObject([
      { module: 'desk', action: { verb: 'doctor', repair: true }, actor: adminLogin.email },
      { module: 'stock', action: { verb: 'quarantined', how: 'retry', ids: [7] }, actor: adminLogin.email },
    ]);
  });

  it('of one error in ten seconds, which is not none', async () => {
    const errors = { monolith: [0, 0], extracted: [0, 0.1] };
    operator.series = async (module) => ({ ...quietSeries(module), errors });
    const { page } = await opened();
    await page.locator('figure', { hasText: 'Errors' }).getByText('extracted 0.1').waitFor();
  });

  it('as its reader writes numbers', async () => {
    const page = await opened({ locale: 'de-DE' });
    await row(page, 'lag').waitFor();
    expect(await row(page, 'lag').innerText()).toMatch(/13 ms\s+5\.000 ms/);
    await page.page.locator('figure').getByText('p99 monolith 12,5').waitFor();
  });

  it('of what is in the way of a button, until that is gone', async () => {
    let refusal: string | undefined = `stock cannot start to move: ${start}`;
    operator.act = async (module, { verb }, { dryRun }): Promise<ActionAnswer> => ({
      ...{ module, verb, dryRun, plan: ['first this'] },
      ...(refusal !== undefined && { refusal }),
    });
    const page = await opened();
    const dialog = await page.press('Run');
    await answered(dialog);
    await dialog.locator('.refusal', { hasText: start }).waitFor();
    refusal = undefined;
    await dialog.locator('.refusal').waitFor({ state: 'detached' });
    expect(await dialog.getByRole('button', { name: 'Run', exact: true }).isEnabled()).toBe(true);
  });

  it('of what has happened while the stream was cut', async () => {
    operator.entries = [entry(1, { module: 'stock' })];
    served = await servePage(new URL(admin.url), 0);
    const page = await OperatorPage.open(
      browser,
      `http://localhost:${(served.address() as AddressInfo).port}`,
    );
    await page.logIn(adminLogin);
    await page.page.getByRole('tab', { name: 'Timeline' }).click();
    const entries = page.page.locator('.timeline li');
    await entries.filter({ hasText: 'advance' }).waitFor();
    served.closeAllConnections();
    operator.entries = [entry(2, { module: 'stock', action: 'pause' }), ...operator.entries];
    await entries.first().filter({ hasText: 'pause' }).waitFor();
    expect(await entries.count()).toBe(2);
  });

  it.each([
    [1_280, 600],
    [360, 640],
  ])('what going back costs, wherever one has scrolled to, at %s × %s px', async (width, height) => {
    const { page } = await opened({ width, height });
    await page.getByRole('region', { name: 'Over time' }).locator('figure').last().waitFor();
    const back = page.locator('.actions .back', { hasText: 'some 3 s, loses nothing' });
    for (const share of [0, 0.5, 1]) {
      await page.evaluate(`scrollTo(0, ${share} * (document.documentElement.scrollHeight - innerHeight))`);
      const { x, y, width: wide, height: high } = (await back.boundingBox())!;
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + high).toBeLessThanOrEqual(height);
      expect([x >= 0, x + wide <= width]).toEqual([true, true]);
    }
    await back.getByRole('button').click({ timeout: 5_000 });
    await page.getByRole('dialog').waitFor();
  });
});
