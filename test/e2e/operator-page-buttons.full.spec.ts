import type { HistoryEntry, ModuleStatus } from 'nestjs-strangler';
import type { Locator } from 'playwright-core';
import { answered, type OperatorPage } from '../support/operator-page.js';
import { admin, type ModuleName } from '../support/shop.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';
import { until } from '../support/until.js';
import {
  pause,
  rare,
  resume,
  rollback,
  steps,
  type VerbButton,
} from '../../libs/strangler/page/src/verb-buttons.js';

/*
 * A button that promises what is refused, hides what would be done, or does something else: the page would have rules of its own. So in every
 * phase each dialog is held against what the admin API says to the same question, and what was confirmed against the history.
 */

const moved: ModuleName = 'inventory';
const all: readonly VerbButton[] = [...steps, pause, resume, rollback, ...rare];
const mostTries = 5;

/** As a browser shows it. */
const spaced = (text: string): string => text.replace(/\s+/g, ' ').trim();
/** What was counted may have become more until it was done. */
const withoutFigures = (plan: readonly string[]): string => plan.join('; ').replace(/\d+/g, 'n');

interface Said {
  plan?: string[];
  refusal?: string;
  detail?: string;
}

describe('the buttons of the operator’s page', () => {
  let opened: ShopPage;
  let page: OperatorPage;

  beforeAll(async () => {
    opened = await openShopPage({ steeredBy: 'hand', services: [moved] });
    page = opened.page;
    await page.logIn();
    await page.choose(moved);
  }, 300_000);
  afterAll(() => opened.end());

  const status = async () => (await opened.operator.send<ModuleStatus>('GET', `/modules/${moved}`)).body;
  const act = (verb: string, body: object) =>
    opened.operator.send<Said>('POST', `/modules/${moved}/${verb}`, body);
  const history = async () =>
    (await opened.operator.send<{ items: HistoryEntry[] }>('GET', `/modules/${moved}/history`)).body.items;

  /** At rest, so that an answer does not change between two questions. */
  async function rest(phase: string, percent?: number): Promise<void> {
    await until(`${moved} rests in ${phase}`, async () => {
      const now = await status();
      const isThere = now.phase === phase && (percent === undefined || now.percent === percent);
      return isThere && now.transition === null && now.verify.running === null ? true : undefined;
    });
    await page.arrived(moved, phase);
  }

  const nameOf = ({ label }: VerbButton): string => label.replace('…', '');
  const confirmOf = (dialog: Locator, verbButton: VerbButton) =>
    dialog.getByRole('button', { name: nameOf(verbButton), exact: true });
  const planIn = async (dialog: Locator): Promise<string[]> =>
    (await dialog.locator('.dry-run li').allInnerTexts()).map(spaced);

  /** Opens the dialog, and types what it wants typed. */
  async function look(verbButton: VerbButton): Promise<Locator> {
    const dialog = await page.press(verbButton.label);
    await answered(dialog);
    if (verbButton.typed) {
      expect(await confirmOf(dialog, verbButton).isEnabled()).toBe(false);
      await dialog.getByRole('textbox').fill(moved);
    }
    return dialog;
  }

  /** What a dialog says, and what the admin API says to the same question. */
  async function bothOn(verbButton: VerbButton) {
    const dialog = await look(verbButton);
    const percent =
      verbButton.asks?.includes('percent') && Number(await dialog.getByRole('slider').inputValue());
    const { body } = await act(verbButton.verb, {
      ...verbButton.parameters,
      ...(typeof percent === 'number' && { percent }),
      ...(verbButton.verb === 'decommission' && { confirm: moved }),
      dryRun: true,
    });
    const refusal = body.refusal ?? body.detail;
    // The page hears a moment later where the module stands, and asks again.
    await answered(dialog);
    const refused = dialog.locator('.refusal');
    const page = {
      plan: await planIn(dialog),
      refusal: (await refused.count()) > 0 ? spaced(await refused.innerText()) : null,
      mayDo: await confirmOf(dialog, verbButton).isEnabled(),
    };
    await dialog.getByRole('button', { name: 'Close' }).click();
    const api = {
      plan: (body.plan ?? []).map(spaced),
      refusal: refusal === undefined ? null : spaced(`Not now: ${refusal}`),
      mayDo: refusal === undefined,
    };
    return { page, api };
  }

  /** A figure may change between two questions; what is said is the same in the end. */
  async function compare(verbButton: VerbButton): Promise<void> {
    for (let tries = 1; ; tries++) {
      const both = await bothOn(verbButton);
      if (tries < mostTries && JSON.stringify(both.page) !== JSON.stringify(both.api)) continue;
      return expect({ [verbButton.label]: both.page }).toEqual({ [verbButton.label]: both.api });
    }
  }

  async function compareAll(): Promise<void> {
    const { paused } = await status();
    for (const verbButton of [...steps, paused ? resume : pause, rollback, ...rare])
      await compare(verbButton);
  }

  /** Confirms, and finds in the history that the very steps were done that the dialog has told, by who is logged in. */
  async function does(label: string, percent?: number): Promise<void> {
    const verbButton = all.find((each) => each.label === label)!;
    const [last] = await history();
    const dialog = await look(verbButton);
    if (percent !== undefined) {
      await dialog.getByRole('slider').fill(String(percent));
      await dialog.locator('.dry-run li', { hasText: `${percent} %` }).waitFor();
    }
    await confirmOf(dialog, verbButton).and(page.page.locator('[aria-disabled="false"]')).waitFor();
    const plan = withoutFigures(await planIn(dialog));
    await confirmOf(dialog, verbButton).click();
    await until(`${label} is confirmed`, async () => {
      if ((await dialog.count()) === 0) return true;
      const refused = dialog.getByRole('alert');
      if ((await refused.count()) > 0) throw new Error(`${label}: ${await refused.innerText()}`);
      return undefined;
    });
    const entry = (await history()).find(
      ({ id, action, actor }) => id > (last?.id ?? 0) && action === verbButton.verb && actor === admin.email,
    );
    expect([label, entry?.outcome]).toEqual([label, expect.stringMatching(/begun|done/)]);
    expect(withoutFigures([spaced(entry!.reason ?? '')])).toBe(plan);
  }

  /** As whoever applies rows: capture looks away. */
  const corrupt = () =>
    opened.setup.on(
      opened.setup.urls[moved],
      `begin; select set_config('strangler.applying', '${moved}', true);
       update inventory.stock_item set description = 'corrupted'; commit`,
    );

  it('say and do at home, in dual-write and in shadow what the admin API says', async () => {
    await rest('monolith');
    await compareAll();
    for (const phase of ['dual-write', 'shadow']) {
      await does('Next step');
      await rest(phase);
      await compareAll();
    }
    expect(page.complaints).toEqual([]);
  }, 240_000);

  it('say the same where a step has failed at a gate, and free it', async () => {
    await corrupt();
    const settings = { ramp: [25, 100], approve: [100], bake: '0s', gates: { minSamples: 0 } };
    expect((await act('run', { settings })).status).toBe(202);
    await until('the gate is red', async () =>
      (await status()).gates.some(({ name, state }) => name === 'verify' && state === 'fail')
        ? true
        : undefined,
    );
    await rest('shadow');
    await compareAll();
    await does('Verify and repair');
    await rest('shifting', 25);
    expect(page.complaints).toEqual([]);
  }, 240_000);

  it('say and do the same while it shifts, also paused, and lead back', async () => {
    await compareAll();
    await does('Pause');
    await page.page.getByRole('toolbar').getByRole('button', { name: 'Resume' }).waitFor();
    await compareAll();
    await does('Resume');
    await rest('shifting', 25);
    await does('Clear mismatches');
    await does('Verify');
    await rest('shifting', 25);
    await does('Shift…', 40);
    await rest('shifting', 40);
    await does('Roll back');
    await rest('monolith');
    expect(page.complaints).toEqual([]);
  }, 240_000);

  it('say and do the same once it is extracted, and to the end', async () => {
    await does('Run');
    await rest('shifting', 25);
    await does('Approve');
    await rest('extracted');
    await compareAll();
    await does('Decommission');
    await rest('decommissioned');
    await compareAll();
    await does('Decommission and purge');
    await compareAll();
    expect(page.complaints).toEqual([]);
  }, 240_000);

  it('do nothing for a viewer, who sees all', async () => {
    const looking = await opened.another();
    await looking.logIn(await opened.account('viewer'));
    await looking.choose(moved);
    for (const button of await looking.page.getByRole('toolbar').getByRole('button').all())
      expect(await button.isDisabled()).toBe(true);
    await looking.page.getByRole('tab', { name: 'Timeline' }).click();
    await looking.page.locator('.timeline li').first().waitFor();
    expect(looking.complaints).toEqual([]);
  });
});
