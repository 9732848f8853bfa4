import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RouteStatus } from 'nestjs-strangler';
import type { Browser, Locator } from 'playwright-core';
import { bareGateway } from '../support/bare-gateway.js';
import { launchBrowser } from '../support/browser.js';
import { closing, listening } from '../support/http-server.js';
import { startNats, type TestNats } from '../support/nats.js';
import { answered, OperatorPage } from '../support/operator-page.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, openGateway, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';
import { WebhookReceiver, webhookSecret } from '../support/webhook-receiver.js';
import { routeBack, routePause, routeRare, routeSteps } from '../../libs/strangler/page/src/route-buttons.js';

/* What stands beside the modules: routes of the edge, webhooks, documents; and lists that say what to do about what they show. */

const admin = { email: 'admin@shop.example', password: 'correct horse battery' };
const atOnce = 'ramp: [50, 100], bake: 0s, gates: { minSamples: 0 }';

describe('the lists of the operator’s page', () => {
  let nats: TestNats;
  let setup: ShopSetup;
  let own: TestDatabase;
  let shop: OpenShop;
  let gateway: OpenShop;
  let receiver: WebhookReceiver;
  let browser: Browser;
  const applications = ['legacy', 'new'].map((name) =>
    createServer((_request, response) => void response.end(name)),
  );

  beforeAll(async () => {
    [nats, own, receiver] = await Promise.all([startNats(), freshDatabase(), WebhookReceiver.open()]);
    setup = await makeSetup(nats.url);
    const [legacy, next] = await Promise.all(applications.map(listening));
    const upstreams = `upstreams: { legacy: "http://127.0.0.1:${legacy}", new: "http://127.0.0.1:${next}" }`;
    const routes = [`path: /reports, percent: 0`, `path: /invoices`];
    const lines = routes.map((route) => `  - { ${route}, ${upstreams}, ${atOnce} }`);
    await writeFile(setup.env['STRANGLER_CONFIG'] as string, ['edge:', ...lines, ''].join('\n'));
    Object.assign(setup.env, { WEBHOOKS: `pager=${receiver.url}`, WEBHOOK_SECRET: webhookSecret });
    // Nobody takes what it is sent.
    receiver.judge = () => ({ status: 500 });
    gateway = await openGateway(setup, own.url);
    setup.env['GATEWAY_ADMIN_URL'] = gateway.adminUrl;
    shop = await openShop(setup);
    browser = await launchBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    endAllPrograms();
    await Promise.all(applications.map(closing));
    await receiver.close();
    await Promise.all([setup.drop(), own.drop()]);
    await nats.stop();
  });

  const opened = async (url: string, how: Parameters<typeof OperatorPage.open>[2] = {}) => {
    const page = await OperatorPage.open(browser, url, how);
    await page.logIn(admin);
    return page;
  };
  const cardOf = ({ page }: OperatorPage, route: string) => page.locator(`.card[data-route="${route}"]`);

  async function press(card: Locator, label: string): Promise<Locator> {
    const button = card.getByRole('button', { name: label, exact: true });
    if (!(await button.isVisible())) await card.getByText('More').click();
    await button.click();
    const dialog = card.page().getByRole('dialog');
    await answered(dialog);
    return dialog;
  }

  it('moves a route at the page of the gateway, the file’s line with it, and back', async () => {
    const page = await opened(gateway.adminUrl);
    const filed = cardOf(page, '/reports');
    await filed.getByText('at legacy').waitFor();
    const dialog = await press(filed, 'Shift…');
    await dialog.getByRole('slider').fill('50');
    await dialog.getByText(/strangler\.yaml:2: .*percent: 0.* -> .*percent: 50/).waitFor();
    await dialog.getByRole('button', { name: 'Shift', exact: true }).click();
    await filed.getByText('50 % of the readers at new').waitFor();
    const back = await press(filed, 'Roll back');
    await back.getByRole('button', { name: 'Roll back', exact: true }).click();
    await filed.getByText('at legacy').waitFor();
    await filed.getByText('History').click();
    await filed.getByRole('cell', { name: 'rollback done' }).waitFor();
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it('says of every button of a route what the admin API says', async () => {
    const page = await opened(gateway.adminUrl);
    const operator = await Client.operator({ ...shop, adminUrl: gateway.adminUrl });
    for (const { verb, label, parameters, asks } of [...routeSteps, routePause, routeBack, ...routeRare]) {
      const dialog = await press(cardOf(page, '/invoices'), label);
      const share = asks?.includes('percent') ? dialog.getByRole('slider') : undefined;
      const percent = share && Number(await share.inputValue());
      const { body } = await operator.send<{ plan?: string[]; refusal?: string }>(
        'POST',
        `/routes/${encodeURIComponent('/invoices')}/${verb}`,
        { ...parameters, ...(percent !== undefined && { percent }), dryRun: true },
      );
      const said = await dialog.innerText();
      expect([label, body.plan]).toEqual([label, expect.any(Array)]);
      for (const step of [...(body.plan ?? []), body.refusal ?? '']) expect(said).toContain(step);
      await dialog.getByRole('button', { name: 'Close' }).click();
    }
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it('is moved by keyboard alone', async () => {
    const page = await opened(gateway.adminUrl);
    const card = cardOf(page, '/invoices');
    await card.getByRole('button', { name: 'Next step' }).focus();
    await page.page.keyboard.press('Enter');
    const dialog = page.page.getByRole('dialog');
    await answered(dialog);
    await dialog.getByRole('button', { name: 'Next step' }).focus();
    await page.page.keyboard.press('Enter');
    await card.getByText('50 % of the readers at new').waitFor();
    const { body } = await (
      await Client.operator({ ...shop, adminUrl: gateway.adminUrl })
    ).send<RouteStatus>('GET', `/routes/${encodeURIComponent('/invoices')}`);
    expect(body.percent).toBe(50);
  }, 60_000);

  it('takes a token where there is no shop, and lets who may only look do nothing', async () => {
    const look = 'ben.0123456789abcdefghijklmnopqrstuvwxyz';
    const bare = await bareGateway({ VIEWER_TOKEN: look });
    const page = await OperatorPage.open(browser, bare.adminUrl);
    await page.page.getByLabel('Token').fill(look);
    await page.page.getByRole('button', { name: 'Log in' }).click();
    await page.page.getByText('There is no route of the edge').waitFor();
    expect(await page.page.locator('header').innerText()).toContain('viewer');
    expect(page.complaints).toEqual([]);
    await page.page.close();
    await bare.close();
  }, 60_000);

  it('leads from the page of the shop to that of the gateway', async () => {
    const page = await opened(shop.adminUrl);
    await page.page.getByRole('tab', { name: 'Edge routes' }).click();
    const link = page.page.getByRole('tabpanel').getByRole('link');
    expect(await link.getAttribute('href')).toBe(`${gateway.adminUrl}/`);
  });

  it('shows a webhook that fails, and calls it again', async () => {
    const page = await opened(shop.adminUrl);
    await page.choose('inventory');
    await page.carryOut('Pause');
    await page.carryOut('Resume');
    const summary = page.page.getByText(/^Webhooks: 1, pager failing/);
    await summary.click({ timeout: 60_000 });
    receiver.judge = () => ({ status: 204 });
    await page.page.getByRole('button', { name: 'Resend to pager' }).click();
    const dialog = page.page.getByRole('dialog');
    await answered(dialog);
    expect(await dialog.innerText()).toContain('pager');
    await dialog.getByRole('button', { name: 'Resend', exact: true }).click();
    await page.page.getByText('Webhooks: 1, all told').waitFor();
    expect(receiver.received.length).toBeGreaterThan(1);
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('shows which rows differ, and with which line of the contract a field is compared no more', async () => {
    await setup.query(`insert into strangler.mismatch (module, operation, input, differences) values
      ('inventory', 'getProduct', '{"sku": "P-1"}',
       '[{"path": "available", "monolith": 3, "extracted": 4}, {"path": "tags.0.at", "monolith": null}]')`);
    await setup.query(`insert into strangler.verification (module, checked_at, rows, differences, differing) values
      ('inventory', now(), 1200, 2, '[
        {"table": "stock_item", "pk": ["P-1"], "owner": "monolith", "kind": "differs", "fields": ["available"]},
        {"table": "stock_item", "pk": ["P-2"], "owner": "monolith", "kind": "missing", "fields": []}]')`);
    const page = await opened(shop.adminUrl);
    await page.choose('inventory');
    await page.page.getByRole('tab', { name: 'Verification' }).click();
    const row = (text: string) => page.page.getByRole('row').filter({ hasText: text });
    expect(await row('P-1').innerText()).toMatch(/the row that counts.*other values: available/s);
    expect(await row('P-2').innerText()).toMatch(/the row that counts.*missing/s);
    await page.page.getByRole('tab', { name: 'Mismatches' }).click();
    await row('available').getByRole('button', { name: 'Ignore this field' }).click();
    await row('available').getByText(`volatile: ['available']`).waitFor();
    await row('tags.0.at').getByRole('button', { name: 'Ignore this field' }).click();
    await row('tags.0.at').getByText(`volatile: ['tags.*.at']`).waitFor();
    await page.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await row('available').getByRole('button', { name: 'copy' }).click();
    await row('available').getByText('copied').waitFor();
    expect(await page.page.evaluate<string>('navigator.clipboard.readText()')).toBe(
      `volatile: ['available']`,
    );
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it('sends an event again that has failed, and says why a replay would do nothing', async () => {
    await Client.register(shop.url);
    const told = await until('the registration is handled', async () => {
      const sql =
        'select routing_key as key, subscriber, seq from users.event_cursor where seq = head limit 1';
      return (await setup.query<{ key: string; subscriber: string; seq: string }>(sql))[0];
    });
    await setup.query(
      `update users.event_cursor set seq = seq - 1, due_at = null, tries = 10, failures = 10, error = 'internal: no', failed_at = now()
       where routing_key = $1 and subscriber = $2`,
      [told.key, told.subscriber],
    );
    const page = await opened(shop.adminUrl);
    await page.choose('users');
    await page.page.getByRole('tab', { name: 'Events' }).click();
    await page.page.getByLabel('State').selectOption('failed');
    await page.page.getByRole('searchbox', { name: 'Key' }).fill(told.key);
    const row = page.page
      .getByRole('region', { name: 'Events' })
      .getByRole('row')
      .filter({ hasText: told.key });
    expect(await row.innerText()).toMatch(/failed, tried 10 times: internal: no/);
    const dialogOf = async (button: Locator) => {
      await button.click();
      const dialog = page.page.getByRole('dialog');
      await answered(dialog);
      return dialog;
    };
    const discard = await dialogOf(row.getByRole('button', { name: 'discard' }));
    expect(await discard.innerText()).toContain('is put away: it will never be handled');
    await discard.getByRole('button', { name: 'Close' }).click();
    const resubmit = await dialogOf(row.getByRole('button', { name: 'resubmit' }));
    expect(await resubmit.innerText()).toContain('is tried again, as often as a new one');
    await resubmit.getByRole('button', { name: 'Send the event again' }).click();
    await page.page.getByText('No event is so.').waitFor();
    await page.page.getByLabel('State').selectOption('completed');
    await row.first().waitFor();
    const subscribers = page.page.getByRole('region', { name: 'Subscribers' });
    const replay = await dialogOf(
      subscribers.getByRole('row').filter({ hasText: 'notifications' }).getByRole('button'),
    );
    await replay.getByText('Options').click();
    await replay.getByLabel('told at this time').fill('2026-01-02T03:04');
    await answered(replay);
    expect(await replay.innerText()).toContain('would handle none of them again');
    await replay.getByRole('button', { name: 'Close' }).click();
    expect(page.complaints).toEqual([]);
  }, 120_000);

  it('finds what a setting means, and a document that can be read', async () => {
    const page = await opened(shop.adminUrl);
    await page.page.keyboard.press('Control+k');
    const find = page.page.getByRole('combobox');
    await find.fill('orders ramp shares on the way');
    await page.page.getByRole('option', { name: /^orders: ramp is \[/ }).waitFor();
    await find.fill('read routes that move gates');
    await page.page.getByRole('option').first().waitFor();
    const comes = page.page.context().waitForEvent('page');
    await page.page.keyboard.press('Enter');
    const document = await comes;
    await document.getByText('# Routes that move').waitFor();
    expect(page.complaints).toEqual([]);
  }, 60_000);

  it.each([
    ['light', 1_280],
    ['dark', 1_280],
    ['light', 360],
  ] as const)(
    'has no barriers, %s at %s px, and needs no scrolling to the side',
    async (scheme, width) => {
      const whole = async ({ page, ...rest }: OperatorPage, what: string) => {
        const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect([what, overflow]).toEqual([what, 0]);
        return rest;
      };
      const edge = await opened(gateway.adminUrl, { scheme, width });
      for (const title of ['Upstreams and gates', 'Mismatches', 'History', 'More'])
        await cardOf(edge, '/invoices').getByText(title, { exact: true }).click();
      await cardOf(edge, '/invoices').getByRole('cell', { name: 'advance done' }).waitFor();
      expect(await edge.barriers()).toEqual([]);
      await whole(edge, 'edge');
      const page = await opened(shop.adminUrl, { scheme, width });
      await page.choose('inventory');
      await page.page.getByText('Webhooks: 1').click();
      for (const tab of ['Verification', 'Mismatches', 'Gates', 'Edge routes']) {
        await page.page.getByRole('tab', { name: tab }).click();
        if (tab === 'Mismatches')
          await page.page.getByRole('button', { name: 'Ignore this field' }).first().click();
        expect([tab, await page.barriers()]).toEqual([tab, []]);
        await whole(page, tab);
      }
    },
    120_000,
  );

  it('says when what it shows is old, and that a session has ended', async () => {
    const page = await opened(gateway.adminUrl);
    await page.page.context().clearCookies();
    await page.page.getByText('your session has ended').waitFor();
    await page.logIn(admin);
    await gateway.end('SIGKILL');
    await page.page.getByRole('alert').filter({ hasText: 'What is shown is old' }).waitFor();
    await until('its cards stay', async () =>
      (await cardOf(page, '/reports').isVisible()) ? true : undefined,
    );
  }, 60_000);
});
