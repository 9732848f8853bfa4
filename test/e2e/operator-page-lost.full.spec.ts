import type { HistoryEntry, ModuleStatus } from 'nestjs-strangler';
import { answered, type OperatorPage } from '../support/operator-page.js';
import type { Program } from '../support/programs.js';
import { admin, openService, type ModuleName } from '../support/shop.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';
import { until } from '../support/until.js';

/*
 * What is seldom done is done when something is lost, and must not be tried for the first time then: a step that hangs is taken back, a service that
 * is gone is given up, and a database that was put back joins again, by mouse alone.
 */

const moved: ModuleName = 'inventory';

describe('the operator’s page when something is lost', () => {
  let opened: ShopPage;
  let page: OperatorPage;
  let service: Program;

  beforeAll(async () => {
    opened = await openShopPage({ steeredBy: 'hand' });
    service = await openService(opened.setup, moved);
    page = opened.page;
    await page.logIn();
    await page.choose(moved);
  }, 300_000);
  afterAll(() => opened.end());

  const status = async () => (await opened.operator.send<ModuleStatus>('GET', `/modules/${moved}`)).body;
  const act = (verb: string, body: object) =>
    opened.operator.send<{ plan?: string[]; refusal?: string; detail?: string }>(
      'POST',
      `/modules/${moved}/${verb}`,
      body,
    );
  const history = async () =>
    (await opened.operator.send<{ items: HistoryEntry[] }>('GET', `/modules/${moved}/history`)).body.items;
  const isIn = (phase: string) =>
    until(`${moved} rests in ${phase}`, async () => {
      const now = await status();
      return now.phase === phase && now.transition === null ? true : undefined;
    });

  /** Reads the dialog beside what the admin API says, types what is to be typed, and confirms. */
  async function does(label: string, verb: string, body: object = {}): Promise<void> {
    const dialog = await page.press(label);
    await answered(dialog);
    const { body: said } = await act(verb, { ...body, dryRun: true });
    expect(said.refusal ?? said.detail).toBeUndefined();
    const shown = await dialog.locator('.dry-run li').allInnerTexts();
    expect(shown).toHaveLength(said.plan!.length);
    const name = dialog.getByRole('textbox');
    if ((await name.count()) > 0) await name.fill(moved);
    await dialog
      .getByRole('button', { name: label, exact: true })
      .and(page.page.locator('[aria-disabled="false"]'))
      .click();
    await dialog.waitFor({ state: 'detached' });
    const [entry] = (await history()).filter(({ action }) => action === verb);
    expect(entry).toMatchObject({ actor: admin.email, outcome: expect.stringMatching(/begun|done/) });
  }

  it('a step that hangs in its middle is told of, and taken back', async () => {
    await act('run', { settings: { ramp: [50, 100], bake: '0s', approve: [50], gates: { minSamples: 0 } } });
    await isIn('shadow');
    // Nobody answers for it from here on: the hand-off stands still, and keys that are fenced wait.
    service.process.kill('SIGSTOP');
    await act('approve', {});
    await page.card(moved).locator('.step').waitFor();
    await does('Abort', 'abort');
    service.process.kill('SIGCONT');
    await until('the step has ended', async () => ((await status()).transition === null ? true : undefined));
    expect(['shadow', 'shifting']).toContain((await status()).phase);
  }, 120_000);

  it('a service that is gone for good is given up, and gives way when it is back', async () => {
    await act('run', { settings: { approve: [], gates: { minSamples: 0 } } });
    await isIn('extracted');
    await service.end('SIGKILL');
    // The page says what there is to do, as a command that can be copied.
    await page
      .card(moved)
      .locator('.lamp.down', { hasText: /^service/ })
      .waitFor();
    const dialog = await page.press('Roll back');
    await answered(dialog);
    const command = dialog.locator('.command code');
    await command.filter({ hasText: 'failover inventory --i-have-fenced-it' }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await does('Failover', 'failover', { iHaveFencedIt: true });
    await isIn('monolith');
    service = await openService(opened.setup, moved);
    await until('the history tells of it', async () =>
      (await history()).some(({ reason }) => reason?.includes('is back')) ? true : undefined,
    );
    expect(page.complaints).toEqual([]);
  }, 180_000);

  it('a database that was put back joins again', async () => {
    await act('run', {});
    await isIn('extracted');
    await opened.setup.query(
      `update strangler.ownership set standing = 'rolled back' where module = '${moved}'`,
    );
    await until('doctor asks for it', async () => {
      const { body } = await opened.operator.send<{ items: { remedy: string }[] }>('GET', '/doctor');
      return body.items.some(({ remedy }) => remedy.includes('rejoin')) ? true : undefined;
    });
    await does('Rejoin', 'rejoin');
    await isIn('extracted');
    const [joined] = await opened.setup.query<{ standing: string | null }>(
      `select standing from strangler.ownership where module = '${moved}'`,
    );
    expect(joined).toEqual({ standing: null });
    expect(page.complaints).toEqual([]);
  }, 180_000);
});
