import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answered, type OperatorPage } from '../support/operator-page.js';
import { pause, until } from '../support/until.js';
import { openService } from '../support/shop.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';
import { Load } from '../hazards/support/load.js';

/*
 * The pictures of the docs: one of each state, made of a module that walks all the way while customers order. With PICTURES=docs/images they
 * are written there; else into a folder of their own, so that a run changes nothing, and fails where a state cannot be shown any more.
 */

const committed = new URL('../../docs/images/', import.meta.url).pathname;
const folder = process.env['PICTURES'] ?? mkdtempSync(join(tmpdir(), 'pictures-'));
const skus = Array.from({ length: 12 }, (_, i) => `P-${i}`);
/** A window of the charts, and the time in which it is written down. */
const windowMs = 12_000;

describe('pictures of the operator’s page', () => {
  let opened: ShopPage;
  let page: OperatorPage;
  let load: Load;

  beforeAll(async () => {
    opened = await openShopPage({ steeredBy: 'hand', skus, onHand: 100_000, height: 900 });
    page = opened.page;
    load = await Load.start({ url: opened.shop.url, seed: 3, skus });
  }, 300_000);
  afterAll(async () => {
    await load.stop();
    await opened.end();
  });

  /** Drags over the last minutes of a chart: the page asks for these alone, in finer steps where there are any. */
  async function lookCloser(): Promise<void> {
    const charts = page.page.getByRole('region', { name: 'Over time' });
    const asked = page.page.waitForResponse((response) => response.url().includes('/series'));
    await charts.getByRole('button', { name: '15 min' }).click();
    await (await asked).finished();
    const { x, y, width, height } = (await charts.locator('.u-over').first().boundingBox())!;
    await page.page.mouse.move(x + width * 0.84, y + height / 2);
    await page.page.mouse.down();
    await page.page.mouse.move(x + width - 1, y + height / 2, { steps: 4 });
    await page.page.mouse.up();
    await page.page.mouse.move(0, 0);
    expect(await charts.getByRole('button', { pressed: true }).count()).toBe(0);
    await charts.getByRole('button', { name: 'later' }).and(page.page.locator(':enabled')).waitFor();
  }

  const picture = (name: string) => page.page.screenshot({ path: join(folder, `page-${name}.png`) });

  const act = async (verb: string, body: object = {}) => {
    const { status, body: said } = await opened.operator.send('POST', `/modules/inventory/${verb}`, body);
    expect([verb, status, said]).toEqual([
      verb,
      expect.any(Number),
      expect.not.objectContaining({ title: expect.any(String) }),
    ]);
  };

  /** In a phase, and at a share; then as long as the charts need to show it. */
  async function at(phase: string, percent?: number): Promise<void> {
    await until(`inventory is in ${phase}`, async () => {
      const { body: now } = await opened.operator.send<{
        phase: string;
        percent: number;
        transition: unknown;
      }>('GET', '/modules/inventory');
      return now.phase === phase && (percent ?? now.percent) === now.percent && !now.transition
        ? true
        : undefined;
    });
    await page.arrived('inventory', phase);
    await pause(windowMs);
    await lookCloser();
  }

  it('show each state', async () => {
    await picture('log-in');
    await page.logIn();
    await page.choose('inventory');
    await load.placed(20);
    const dialog = await page.press('Run');
    await answered(dialog);
    await picture('no-service');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await pause(windowMs);
    await picture('monolith');

    await openService(opened.setup, 'inventory');
    for (const phase of ['dual-write', 'shadow']) {
      await act('advance');
      await at(phase);
      await picture(phase);
    }
    await act('run', {
      settings: { ramp: [5, 25, 100], approve: [100], bake: '3s', gates: { minSamples: 20 } },
    });
    await at('shifting', 25);
    await page.card('inventory').getByText('approve').first().waitFor();
    await picture('shifting');
    const back = await page.press('Roll back');
    await answered(back);
    await picture('rollback');
    await back.getByRole('button', { name: 'Close' }).click();
    await act('approve');
    await at('extracted');
    await picture('extracted');
    await load.stop();
    await act('decommission', { confirm: 'inventory' });
    await at('decommissioned');
    await picture('decommissioned');
    expect(page.complaints).toEqual([]);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(readdirSync(committed)));
  }, 420_000);
});
