import type { ActionAnswer, HistoryEntry, ModuleStatus, RowDifference } from 'nestjs-strangler';
import { writeFile } from 'node:fs/promises';
import { answered, type OperatorPage } from '../support/operator-page.js';
import { runCli, type CliRun } from '../support/run-cli.js';
import { admin, openService } from '../support/shop.js';
import { openShopPage, type ShopPage } from '../support/shop-page.js';
import { until } from '../support/until.js';
import { figuresInWords } from '../../libs/strangler/src/cli/text/history-figures.js';

/*
 * One operator sits at a terminal, another one at the page, before the same move: what the one can see or do and the other cannot, or what
 * the two are told differently, would be a second truth.
 */

const moved = 'inventory';
const skus = ['P-1', 'P-2', 'P-3'];

describe('the page and the command line, before the same move', () => {
  let opened: ShopPage;
  let page: OperatorPage;

  beforeAll(async () => {
    opened = await openShopPage({ steeredBy: 'hand', skus });
    page = opened.page;
    await page.logIn();
    await page.choose(moved);
  }, 300_000);
  afterAll(() => opened.end());

  const strangler = (args: readonly string[], { email, password } = admin): Promise<CliRun> =>
    runCli(args, {
      ...{ ADMIN_URL: opened.shop.adminUrl, SHOP_URL: opened.shop.url },
      ...{ ADMIN_EMAIL: email, ADMIN_PASSWORD: password },
    });

  /** What it says, when it does as it is told. */
  async function does(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await strangler(args);
    expect({ args, code, stderr }).toMatchObject({ args, code: 0 });
    return stdout;
  }
  const asJson = async <T>(...args: string[]) => JSON.parse(await does(...args, '--json')) as T;
  const status = () => asJson<ModuleStatus>('status', moved);
  const onCard = (text: string | RegExp) => page.card(moved).getByText(text).first().waitFor();
  const toolbar = () => page.page.getByRole('toolbar');
  const waits = (how: (status: ModuleStatus) => boolean, what: string) =>
    until(what, async () => {
      const now = await status();
      return how(now) ? now : undefined;
    });
  const steerByFile = (lines: string) =>
    writeFile(opened.setup.env['STRANGLER_CONFIG']!, `modules:\n  ${moved}: ${lines}\n`);

  /** As whoever applies rows: capture looks away. */
  async function corruptCopies(): Promise<void> {
    const ours = `strangler.owned_by((select o from strangler.ownership o where module = '${moved}'), strangler.bucket('${moved}', sku))`;
    for (const url of [opened.setup.urls[moved], opened.setup.urls.shop])
      await opened.setup.on(
        url,
        `begin; select set_config('strangler.applying', '${moved}', true);
         update inventory.stock_item set description = 'corrupted' where not ${ours}; commit`,
      );
  }

  it('say in one line where a module stands, and that it is well', async () => {
    expect(await does('status')).toMatch(new RegExp(`^${moved} +monolith +up `, 'm'));
    expect(await page.card(moved).locator('.lamp').first().innerText()).toBe('up');
    await page.arrived(moved, 'monolith');
  });

  it('refuse at the start what cannot begin, in the same words, also as JSON', async () => {
    const { code, stdout, stderr } = await strangler(['run', moved, '--json']);
    expect([code, stdout]).toEqual([1, '']);
    const { error } = JSON.parse(stderr) as { error: { message: string; exitCode: number } };
    expect(error).toEqual({ message: expect.stringMatching(/^refused: .*start:extracted/), exitCode: 1 });
    expect((await strangler(['run', moved])).stderr).toBe(`${error.message}\n`);
    const dialog = await page.press('Run');
    await dialog.locator('.refusal').waitFor();
    expect(await dialog.locator('.refusal').innerText()).toBe(error.message.replace('refused', 'Not now'));
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await status()).toMatchObject({ phase: 'monolith', wanted: { phase: 'monolith' } });
    await openService(opened.setup, moved);
  });

  it('say what would be done, step by step, and do nothing', async () => {
    const { plan } = await asJson<ActionAnswer>('run', moved, '--dry-run');
    const dialog = await page.press('Run');
    await answered(dialog);
    expect(await dialog.locator('.dry-run li').allInnerTexts()).toEqual(plan);
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(plan.length).toBeGreaterThan(3);
    expect(await status()).toMatchObject({ phase: 'monolith', wanted: { phase: 'monolith' } });
  });

  it('watch it arrive, and end a wait that lasts too long by the exit code', async () => {
    await steerByFile(
      '{ phase: extracted, ramp: [25, 100], approve: [100], bake: 0s, gates: { minSamples: 0 } }',
    );
    const waiting = strangler(['status', moved, '--wait-for', 'shifting', '--timeout', '120']);
    await page.arrived(moved, 'shifting');
    expect((await waiting).code).toBe(0);
    const late = await strangler(['status', moved, '--wait-for', 'extracted', '--timeout', '1', '--json']);
    expect(late).toMatchObject({ code: 1, stdout: '' });
    const [error] = late.stderr.trim().split('\n').slice(-1);
    expect(JSON.parse(error!)).toMatchObject({
      error: { message: expect.stringContaining('not in phase') as string, exitCode: 1 },
    });
  });

  it('say the whole of why it waits for a person, for how long, and what that leaves', async () => {
    const { waiting, waitingFor } = await waits(
      ({ waiting: wait, percent }) => percent === 25 && (wait?.command ?? '').includes('approve'),
      'it waits for an approval',
    );
    const { needs, todo, command } = waiting!;
    expect(waitingFor).toContain(command!);
    const said = (await does('status', moved)).replace(/\s+/g, ' ');
    expect(said).toContain(waitingFor!.replace(/\s+/g, ' '));
    for (const text of [needs, todo, command!]) await onCard(text);
    expect(said).toMatch(/left +not known: \S+/);
    await onCard(/→ extracted.*, /);
  });

  it('pause and go on, the one what the other has begun', async () => {
    await does('pause', moved);
    await onCard('paused');
    await toolbar().getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
    await page.carryOut('Resume');
    expect(await status()).toMatchObject({ paused: false });
    await page.carryOut('Pause');
    expect(await does('status', moved)).toMatch(/paused +go on with "resume"/);
    await does('resume', moved);
    await toolbar().getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('keep the share through a restart, and tell the same one', async () => {
    await opened.shop.end('SIGKILL');
    await opened.startAgain();
    expect(await does('status', moved)).toMatch(/extracted +\S+ +25 %/);
    await page.page.getByText('What is shown is old').waitFor({ state: 'detached', timeout: 60_000 });
    await onCard(/^25 % of the keys extracted/);
  });

  it('list the rows that differ, and have them repaired', async () => {
    await corruptCopies();
    const found = await strangler(['verify', moved, '--json']);
    const { differing } = JSON.parse(found.stdout) as { differing: RowDifference[] };
    const each = { table: 'stock_item', kind: 'differs', fields: ['description'] };
    expect([found.code, differing]).toMatchObject([1, skus.map(() => each)]);
    const last = await strangler(['verify', moved, '--last']);
    expect(last.code).toBe(1);
    await page.page.getByRole('tab', { name: 'Verification' }).click();
    for (const sku of skus) {
      expect(last.stdout).toMatch(new RegExp(`${sku} .*other values: description`));
      const row = page.page.getByRole('row').filter({ hasText: sku });
      expect(await row.innerText()).toContain('other values: description');
    }
    expect((await strangler(['verify', moved, '--repair'])).stdout).toMatch(/repaired[^]*same on both sides/);
    await page.page.getByText(/ rows, 0 differences\./).waitFor();
    await does('verify', moved, '--last');
  });

  it('tell with which line of the contract a field is compared no more', async () => {
    await opened.setup.query(`insert into strangler.mismatch (module, operation, input, differences) values
      ('${moved}', 'getProduct', '{"sku": "P-1"}', '[{"path": "available", "monolith": 3, "extracted": 4}]')`);
    expect(await does('mismatches', moved)).toContain(`volatile: ['available']`);
    await page.page.getByRole('tab', { name: 'Mismatches' }).click();
    await page.page.getByRole('button', { name: 'Ignore this field' }).click();
    await page.page.getByText(`volatile: ['available']`).waitFor();
    await does('mismatches', moved, '--clear');
  });

  it('let a viewer see all and do nothing', async () => {
    const viewer = await opened.account('viewer');
    expect(await strangler(['status', moved], viewer)).toMatchObject({ code: 0, stderr: '' });
    expect(await strangler(['history', moved], viewer)).toMatchObject({ code: 0, stderr: '' });
    const { code, stderr } = await strangler(['approve', moved], viewer);
    expect([code, stderr]).toEqual([1, expect.stringContaining('takes the role admin')]);
    const looking = await opened.another();
    await looking.logIn(viewer);
    await looking.choose(moved);
    await looking.card(moved).getByText('25 % of the keys extracted').first().waitFor();
    expect(
      await looking.page.getByRole('toolbar').getByRole('button', { name: 'Approve' }).isDisabled(),
    ).toBe(true);
    await looking.page.close();
  });

  it('go on when a person has said yes, and say at the end that nothing is left', async () => {
    // What the rows that differed have stopped goes on from here.
    if ((await status()).paused) await does('resume', moved);
    await waits(({ waiting }) => (waiting?.command ?? '').includes('approve'), 'it waits for an approval');
    await page.carryOut('Approve');
    await does('status', moved, '--wait-for', 'extracted', '--timeout', '120');
    await page.arrived(moved, 'extracted');
    const there = await waits(({ transition }) => transition === null, 'it rests');
    expect(there).toMatchObject({ percent: 100, etaSeconds: 0, waitingFor: null });
    const said = await does('status', moved);
    expect(said).not.toMatch(/^ *left /m);
    expect(said).not.toMatch(/rows · /);
    await page.card(moved).getByText('→').waitFor({ state: 'detached' });
    expect(await page.card(moved).locator('progress').count()).toBe(0);
  });

  it('lead back at one word, with the line of the file', async () => {
    const dialog = await page.press('Roll back');
    await answered(dialog);
    const plan = await dialog.locator('.dry-run li').allInnerTexts();
    await dialog.getByRole('button', { name: 'Close' }).click();
    const dry = await asJson<ActionAnswer>('rollback', moved, '--write', '--dry-run');
    expect(plan).toEqual(dry.plan);
    await does('rollback', moved, '--write', '--wait', '--timeout', '120');
    await page.arrived(moved, 'monolith');
  });

  it('tell who has done what, when, why and by which figures, in the same words', async () => {
    const { items } = await asJson<{ items: HistoryEntry[] }>('history', moved);
    const text = (await does('history', moved)).replace(/\s+/g, ' ');
    await page.page.getByRole('tab', { name: 'Timeline' }).click();
    const approved = items.find(({ action, actor }) => action === 'approve' && actor === admin.email);
    expect(approved?.outcome).toMatch(/done|begun/);
    const handOffs = items.filter(({ figures }) => 'newBelow' in figures);
    expect(handOffs.length).toBeGreaterThanOrEqual(3);
    for (const { actor, figures } of [approved!, ...handOffs]) {
      const words = figuresInWords(figures);
      expect(text).toContain(words);
      const entry = page.page.locator('.timeline li').filter({ hasText: actor });
      await entry.filter({ hasText: words }).first().waitFor();
    }
    const moves = handOffs.reverse().map(({ figures: { oldBelow, newBelow } }) => [oldBelow, newBelow]);
    expect(moves.slice(0, 3)).toEqual([
      [0, 2_500],
      [2_500, 10_000],
      [10_000, 0],
    ]);
    expect(page.complaints.filter((each) => !/ERR_|Failed to load/.test(each))).toEqual([]);
  });
});
