import { Keyboard } from '../support/keyboard.js';
import { answered, type OperatorPage } from '../support/operator-page.js';
import { admin } from '../support/shop.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';
import { until } from '../support/until.js';

/* Somebody without a mouse does the same, and sees at every moment where he is. */

const moved = 'inventory';

describe('the operator’s page, by keyboard alone', () => {
  let opened: ShopPage;
  let page: OperatorPage;
  let keyboard: Keyboard;

  beforeAll(async () => {
    opened = await openShopPage({ services: [moved] });
    page = opened.page;
    keyboard = new Keyboard(page.page);
  }, 300_000);
  afterAll(() => opened.end());
  afterEach(() => expect([...keyboard.unseen, ...page.complaints]).toEqual([]));

  const button = (label: string) =>
    page.page.getByRole('toolbar').getByRole('button', { name: label, exact: true });
  const dialog = () => page.page.getByRole('dialog');
  const comesTo = (label: string, target: ReturnType<typeof button>) =>
    until(`the keyboard is at ${label}`, async () => ((await keyboard.isAt(target)) ? true : undefined));

  it('logs in, and chooses a module', async () => {
    await keyboard.tabTo(page.page.getByLabel('E-mail'));
    await keyboard.type(admin.email);
    await keyboard.press('Tab');
    await keyboard.type(admin.password);
    await keyboard.press('Enter');
    const title = page.card(moved).getByRole('button', { name: moved });
    await title.waitFor();
    await keyboard.tabTo(title);
    await keyboard.press('Enter');
    await page.page.getByRole('toolbar', { name: moved }).waitFor();
    expect(await title.getAttribute('aria-pressed')).toBe('true');
  });

  it('opens a dialog, moves the slider, and leaves with Escape to where it was', async () => {
    const shift = button('Shift…');
    await keyboard.tabTo(shift);
    await keyboard.press('Enter');
    await answered(dialog());
    const slider = dialog().getByRole('slider');
    await keyboard.tabTo(slider);
    await keyboard.press('Home', 'ArrowRight', 'ArrowRight');
    expect(await slider.inputValue()).toBe('2');
    await keyboard.press('End', 'ArrowLeft');
    expect(await slider.inputValue()).toBe('99');
    await keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await comesTo('Shift…', shift);
  });

  it('confirms, and is back at the button, whatever that is called by now', async () => {
    for (const [label, then] of [
      ['Pause', 'Resume'],
      ['Resume', 'Pause'],
    ] as const) {
      await keyboard.tabTo(button(label));
      await keyboard.press('Enter');
      await answered(dialog());
      const confirm = dialog().getByRole('button', { name: label, exact: true });
      await keyboard.tabTo(confirm);
      await keyboard.press('Enter');
      await dialog().waitFor({ state: 'detached' });
      await comesTo(then, button(then));
    }
  });

  it('goes through the tabs by arrows, with one stop for all of them', async () => {
    const tabs = page.page.getByRole('tab');
    const names = await tabs.allInnerTexts();
    const tab = (name: string) => page.page.getByRole('tab', { name, exact: true });
    await keyboard.tabTo(tab(names[0]!));
    for (const name of [...names.slice(1), names[0]!]) {
      await keyboard.press('ArrowRight');
      expect(await keyboard.isAt(tab(name))).toBe(true);
      expect(await tab(name).getAttribute('aria-selected')).toBe('true');
      await page.page.getByRole('tabpanel', { name, exact: true }).waitFor();
    }
    await keyboard.press('End');
    expect(await keyboard.isAt(tab(names.at(-1)!))).toBe(true);
    await keyboard.press('Home', 'Tab');
    expect(await keyboard.isAt(page.page.getByRole('tabpanel'))).toBe(true);
    await keyboard.press('Shift+Tab');
    expect(await keyboard.isAt(tab(names[0]!))).toBe(true);
  });

  it('finds a verb in the palette, and does it', async () => {
    await keyboard.press('Control+k');
    const field = page.page.getByRole('combobox');
    await comesTo('the palette', field);
    await keyboard.type(`${moved} r`);
    const options = page.page.getByRole('option');
    const second = await options.nth(1).innerText();
    await keyboard.press('ArrowDown');
    expect(await options.nth(1).getAttribute('aria-selected')).toBe('true');
    expect(await field.getAttribute('aria-activedescendant')).toBe(await options.nth(1).getAttribute('id'));
    expect(second).toContain(moved);
    await page.page.keyboard.press('Control+a');
    await keyboard.type(`${moved}: run`);
    await options.filter({ hasText: /: Run$/ }).waitFor();
    await keyboard.press('ArrowUp', 'ArrowDown', 'Enter');
    await dialog().filter({ hasText: 'moves the module out' }).waitFor();
    await answered(dialog());
    await keyboard.tabTo(dialog().getByRole('button', { name: 'Run', exact: true }));
    await keyboard.press('Enter');
    await page.arrived(moved, 'extracted');
  }, 120_000);

  it('comes to everything that can be pressed', async () => {
    await keyboard.tabTo(page.page.getByRole('button', { name: /Find/ }));
    const more = page.page.getByRole('toolbar').locator('summary');
    await keyboard.tabTo(more);
    await keyboard.press('Enter');
    await keyboard.tabTo(button('Rejoin'));
    await keyboard.press('Enter');
    await answered(dialog());
    await keyboard.tabTo(dialog().getByRole('textbox'));
    await keyboard.type(moved);
    await keyboard.press('Escape');
    await comesTo('Rejoin', button('Rejoin'));
  });
});
