import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { OperatorPage } from '../support/operator-page.js';
import { ScriptedAdmin, type Answer } from '../support/scripted-admin.js';
import { standing } from '../support/standing.js';

/*
 * `strangler page --url` against an admin API that has no page of its own: what it does not know either is said in words, and the rest of the
 * page goes on.
 */

const modules = { items: [standing('stock'), standing('desk', { phase: 'shadow' })] };
const session = { actor: 'ann@shop.example', role: 'admin' };
const series = 'modules/stock/series';

/** Of paths that it does not have it says what its framework says: nothing, or that there are none. */
const notFound = {
  silent: (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(404).end(),
  'in words': ({ method, url }: IncomingMessage, response: ServerResponse) => {
    const problem = { type: 'about:blank', title: 'Not Found', status: 404, code: 'not_found' };
    response.writeHead(404, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ ...problem, detail: `Cannot ${method} ${url}` }));
  },
};

describe.each(['silent', 'in words'] as const)('the page before an older release, %s', (how) => {
  let browser: Browser;
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(() => close());
  afterAll(() => browser.close());

  async function pageOf(answers: Record<string, Answer>): Promise<OperatorPage> {
    const opened = await ScriptedAdmin.open(answers, modules, notFound[how]);
    close = opened.close;
    return OperatorPage.open(browser, opened.url);
  }

  /** Failures of scripts; that something was not found the browser tells, too. */
  const faults = ({ complaints }: OperatorPage) => complaints.filter((each) => !/status of 404/.test(each));

  it('says that nobody can log in there', async () => {
    const page = await pageOf({});
    await page.page
      .getByRole('alert')
      .filter({ hasText: 'older release, which has no GET /session' })
      .waitFor();
    await page.page.getByLabel('E-mail').fill('ann@shop.example');
    await page.page.getByLabel('Password').fill('a long password');
    await page.page.getByRole('button', { name: 'Log in' }).click();
    await page.page.getByRole('alert').filter({ hasText: 'which has no POST /session' }).waitFor();
    expect(faults(page)).toEqual([]);
  });

  it('says what it does not show, and shows the rest', async () => {
    const page = await pageOf({
      'GET session': session,
      'GET doctor': { items: [] },
      'GET modules/stock/history': { items: [] },
    });
    const note = page.page.getByRole('status').filter({ hasText: 'older release' });
    await note
      .filter({ hasText: 'GET /process' })
      .filter({ hasText: `GET /${series}` })
      .waitFor();
    await page.page
      .getByRole('alert')
      .filter({ hasText: `has no GET /${series}` })
      .waitFor();
    await page.card('desk').getByText('shadow', { exact: true }).waitFor();
    await page.page.getByRole('tab', { name: 'Timeline' }).click();
    await page.page.getByText('Nothing has happened yet').waitFor();
    expect(await page.page.getByRole('toolbar').getByRole('button', { name: 'Run' }).isEnabled()).toBe(true);
    expect(faults(page)).toEqual([]);
  });
});
