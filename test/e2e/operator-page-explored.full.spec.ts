import type { Locator } from 'playwright-core';
import type { OperatorPage } from '../support/operator-page.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';
import { pause } from '../support/until.js';
import { Random } from '../hazards/support/random.js';

/*
 * Somebody who presses whatever there is, in any order, while modules really move: no script fails, no button is dead, and nothing jumps
 * away under the mouse. The seed is printed: with EXPLORE_SEED the same is pressed again, as far as the shop goes along.
 */

const minutes = Number(process.env.EXPLORE_MINUTES ?? 10);
const seed = Number(process.env.EXPLORE_SEED ?? Random.ofNow().seed);
/**
 * Layout shifts that no hand on mouse or keyboard has asked for, of the worst moment: shifts less than a second apart, five seconds at most. That
 * is the Cumulative Layout Shift of Core Web Vitals, which call 0.1 good.
 */
const mostShift = 0.1;

const shifts = `
  globalThis.shifted = 0;
  let [sum, began, last] = [0, -Infinity, -Infinity];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, startTime } of list.getEntries()) {
      if (hadRecentInput) continue;
      if (startTime - last > 1000 || startTime - began > 5000) [sum, began] = [0, startTime];
      [sum, last] = [sum + value, startTime];
      globalThis.shifted = Math.max(globalThis.shifted, sum);
    }
  }).observe({ type: 'layout-shift', buffered: false });`;

/** Writes something into one of the fields, or chooses something; a field may go while somebody writes. */
async function fillIn(room: Locator, random: Random): Promise<void> {
  const all = await room.locator('input, select').filter({ visible: true }).all();
  if (all.length === 0) return;
  const field = random.pick(all);
  const timeout = 1_000;
  const type = await field.evaluate(
    (element) => element.getAttribute('type') ?? element.localName,
    undefined,
    {
      timeout,
    },
  );
  const written = random.next() < 0.5 ? 'inventory' : 'x'.repeat(random.integer(40));
  const values: Readonly<Record<string, string>> = {
    range: String(random.integer(101)),
    number: String(random.integer(100)),
    'datetime-local': '2026-01-02T03:04',
  };
  if (type !== 'select') return field.fill(values[type] ?? written, { timeout });
  const options = await field.locator('option').count();
  await field.selectOption({ index: random.integer(options) }, { timeout });
}

/** It stays pressed, however often. */
const isOn = (pressed: Locator): Promise<boolean> =>
  pressed
    .evaluate((element) => element.matches('[aria-pressed="true"], [aria-selected="true"]'), undefined, {
      timeout: 1_000,
    })
    .catch(() => true);

describe(`the operator’s page, explored for ${minutes} minutes with seed ${seed}`, () => {
  let opened: ShopPage;
  let page: OperatorPage;

  beforeAll(async () => {
    opened = await openShopPage({ services: ['inventory', 'payments'] });
    page = opened.page;
    await page.logIn();
    await page.page.evaluate(shifts);
  }, 300_000);
  afterAll(() => opened.end());

  /** What of the page a press changes; what comes by itself each second is not in it. */
  const seen = async (pressed: Locator) => ({
    dialogs: await page.page.locator('dialog[open]').count(),
    form: await page.page.locator('.log-in').count(),
    pressed: await pressed
      .evaluate((element) => element.outerHTML, undefined, { timeout: 500 })
      .catch(() => 'gone'),
    opened: await page.page.locator('details[open]').count(),
    sent,
    range: (await page.page.locator('.ranges small').allInnerTexts()).map((text) => text.split(';')[0]),
  });
  let sent = 0;

  it(
    'has no dead button, no failing script, and nothing that jumps',
    async () => {
      page.page.on('request', (request) => {
        if (request.method() !== 'GET') sent += 1;
      });
      const random = new Random(seed);
      const dead: string[] = [];
      const giveUpAt = performance.now() + minutes * 60_000;
      let presses = 0;
      while (performance.now() < giveUpAt) {
        if (await page.page.locator('.log-in').count()) await page.logIn();
        const dialog = page.page.locator('dialog[open]');
        const room = (await dialog.count()) > 0 ? dialog : page.page.locator('body');
        const all = await room
          .locator('button:enabled:not([aria-disabled="true"]), summary, [role="option"]')
          .filter({ visible: true })
          .all();
        if (random.next() < 0.4) await fillIn(room, random).catch(() => undefined);
        if (all.length === 0) continue;
        const chosen = random.pick(all);
        const name = (await chosen.innerText({ timeout: 1_000 }).catch(() => '')).trim();
        const before = await seen(chosen);
        const isPressed = await chosen.click({ timeout: 2_000 }).then(
          () => true,
          () => false,
        );
        if (!isPressed) continue;
        presses += 1;
        let after = await seen(chosen);
        for (let waits = 0; waits < 20 && JSON.stringify(after) === JSON.stringify(before); waits++) {
          await pause(50);
          after = await seen(chosen);
        }
        if (JSON.stringify(after) === JSON.stringify(before) && !(await isOn(chosen))) dead.push(name);
      }
      expect(dead).toEqual([]);
      // What was refused was answered: the browser tells of it, and the page said why.
      const faults = page.complaints.filter((each) => !/status of (409|400|404)/.test(each));
      expect(faults).toEqual([]);
      expect(presses).toBeGreaterThan(minutes * 20);
      expect(await page.page.evaluate<number>('globalThis.shifted')).toBeLessThan(mostShift);
    },
    (minutes + 3) * 60_000,
  );
});
