import { answered, type OperatorPage } from '../support/operator-page.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';

/*
 * Two operators who do not know of each other: without care the second would do what he has read in a plan that counts no more, or
 * would believe that he has done what the first did.
 */

const moved = 'inventory';

/** A browser that hears late what happens: the stream is there, and what it brings is held back until `isLate` is over. */
const late = `
  globalThis.isLate = false;
  const add = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (name, then) {
    add.call(this, name, (event) => globalThis.isLate || then(event));
  };`;

describe('two operators at the page', () => {
  let opened: ShopPage;
  let first: OperatorPage;
  let second: OperatorPage;
  let firstName: string;

  beforeAll(async () => {
    opened = await openShopPage({ services: [moved] });
    first = opened.page;
    second = await opened.another({ script: late });
    const account = await opened.account('admin');
    await first.logIn(account);
    firstName = account.email;
    await second.logIn();
    for (const page of [first, second]) await page.choose(moved);
  }, 300_000);
  afterAll(() => opened.end());

  /** What both show of the module, once they have heard the same. */
  async function bothShow(text: string): Promise<void> {
    for (const page of [first, second]) await page.card(moved).getByText(text, { exact: true }).waitFor();
  }

  const entriesOf = (verb: string) =>
    opened.setup.query<{ actor: string; outcome: string }>(
      `select actor, outcome from strangler.history where module = $1 and action = $2 and actor not like 'controller%'`,
      [moved, verb],
    );

  it('see in an open dialog what the other one has done, and that it cannot be done again', async () => {
    const dialog = await second.press('Pause');
    await answered(dialog);
    const confirm = dialog.getByRole('button', { name: 'Pause', exact: true });
    expect(await confirm.isEnabled()).toBe(true);
    await first.carryOut('Pause');
    await dialog.locator('.refusal', { hasText: 'paused already' }).waitFor();
    expect(await confirm.isEnabled()).toBe(false);
    await dialog.locator('.meanwhile li', { hasText: firstName }).filter({ hasText: 'pause' }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await bothShow('paused');
    await first.carryOut('Resume');
    await second.page.getByRole('toolbar').getByRole('button', { name: 'Pause' }).waitFor();
    expect(await entriesOf('pause')).toEqual([{ actor: firstName, outcome: 'done' }]);
  }, 120_000);

  it('do nothing by a plan that counts no more, though they have not heard of it yet', async () => {
    const dialog = await second.press('Run');
    await answered(dialog);
    await second.page.evaluate('isLate = true');
    await first.carryOut('Run');
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    await dialog.getByRole('alert').filter({ hasText: 'has changed since' }).waitFor();
    expect(await entriesOf('run')).toEqual([expect.objectContaining({ actor: firstName })]);
    await second.page.evaluate('isLate = false');
    await dialog.getByRole('button', { name: 'Close' }).click();
    for (const page of [first, second]) await page.arrived(moved, 'extracted');
    expect(await entriesOf('run')).toHaveLength(1);
    expect([...first.complaints, ...second.complaints]).toEqual([]);
  }, 120_000);

  it('are told by the admin API where it alone knows that somebody was faster', async () => {
    const dialog = await second.press('Pause');
    await answered(dialog);
    await second.page.evaluate('isLate = true');
    await first.carryOut('Pause');
    await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
    await dialog.getByRole('alert').filter({ hasText: 'paused already' }).waitFor();
    await second.page.evaluate('isLate = false');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await bothShow('paused');
  }, 120_000);
});
