import { answered, type OperatorPage } from '../support/operator-page.js';
import type { ModuleName } from '../support/shop.js';
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
 * A button that promises what is refused, or hides what would be done: the page would have rules of its own. So in every phase each dialog is
 * held against what the admin API says to the same question.
 */

const moved: ModuleName = 'inventory';

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

  const status = async () =>
    (
      await opened.operator.send<{ phase: string; percent: number; transition: unknown; paused: boolean }>(
        'GET',
        `/modules/${moved}`,
      )
    ).body;
  const act = (verb: string, body: object) =>
    opened.operator.send<Said>('POST', `/modules/${moved}/${verb}`, body);

  const done = async (verb: string, body: object) => {
    const { status: code, body: said } = await act(verb, body);
    expect([verb, code, said.detail]).toEqual([verb, expect.any(Number), undefined]);
  };

  /** At rest, so that an answer does not change between two questions. */
  async function rest(phase: string, percent?: number): Promise<void> {
    await until(`${moved} rests in ${phase}`, async () => {
      const now = await status();
      const isThere = now.phase === phase && (percent === undefined || now.percent === percent);
      return isThere && now.transition === null ? true : undefined;
    });
    await page.arrived(moved, phase);
  }

  /** What a dialog says, and what the admin API says. */
  async function compare(verbButton: VerbButton): Promise<void> {
    const dialog = await page.press(verbButton.label);
    await answered(dialog);
    const confirm = dialog.getByRole('button', { name: verbButton.label.replace('…', ''), exact: true });
    if (verbButton.typed) {
      expect(await confirm.isEnabled()).toBe(false);
      await dialog.getByRole('textbox').fill(moved);
    }
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
    const said = await dialog.innerText();
    for (const step of body.plan ?? []) expect(said).toContain(step.replaceAll('  ', ' '));
    if (refusal !== undefined) expect(said).toContain(refusal);
    expect([verbButton.label, await confirm.isEnabled()]).toEqual([verbButton.label, refusal === undefined]);
    await dialog.getByRole('button', { name: 'Close' }).click();
  }

  async function compareAll(): Promise<void> {
    const { paused } = await status();
    for (const verbButton of [...steps, paused ? resume : pause, rollback, ...rare])
      await compare(verbButton);
  }

  it('say in every phase what the admin API says', async () => {
    await rest('monolith');
    await compareAll();
    await done('run', {
      settings: { ramp: [25, 100], approve: [100], bake: '0s', gates: { minSamples: 0 } },
    });
    await rest('shifting', 25);
    await compareAll();
    await done('pause', {});
    await page.page.getByRole('toolbar').getByRole('button', { name: 'Resume' }).waitFor();
    await compareAll();
    await done('resume', {});
    await done('approve', {});
    await rest('extracted');
    await compareAll();
    expect(page.complaints).toEqual([]);
  }, 300_000);

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
