import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { servePage } from '../../libs/strangler/src/cli/page-server.js';
import { launchBrowser } from '../support/browser.js';
import { closing, listening } from '../support/http-server.js';
import { OperatorPage } from '../support/operator-page.js';
import { standing } from '../support/standing.js';

/*
 * `strangler page --url` against an admin API that has no page of its own: what it does not know either is said in words, and the rest of the
 * page goes on.
 */

type Answers = Readonly<Record<string, object>>;

const modules = { items: [standing('stock'), standing('desk', { phase: 'shadow' })] };
const session = { actor: 'ann@shop.example', role: 'admin' };
const series = 'modules/stock/series';

/** A listener that has these paths, and of all others says what its framework says: nothing, or that there is none. */
function listener(answers: Answers, how: 'silent' | 'in words'): Server {
  return createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]!.slice(1);
    if (path === 'events') return stream(response);
    const known = request.method === 'GET' ? answers[path] : undefined;
    if (known) return json(response, 200, known);
    if (how === 'silent') return void response.writeHead(404).end();
    json(response, 404, missing(request));
  });
}

const missing = ({ method, url }: IncomingMessage) => ({
  ...{ type: 'about:blank', title: 'Not Found', status: 404 },
  ...{ code: 'not_found', detail: `Cannot ${method} ${url}` },
});

const json = (response: ServerResponse, status: number, body: object): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const stream = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`event: status\ndata: ${JSON.stringify(modules)}\n\n`);
};

describe.each(['silent', 'in words'] as const)('the page before an older release, %s', (how) => {
  let browser: Browser;
  const servers: Server[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await closing(server);
  });
  afterAll(() => browser.close());

  async function pageOf(answers: Answers): Promise<OperatorPage> {
    const older = listener(answers, how);
    const port = await listening(older);
    const served = await servePage(new URL(`http://127.0.0.1:${port}`), 0);
    servers.push(served, older);
    return OperatorPage.open(browser, `http://localhost:${(served.address() as AddressInfo).port}`);
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
      session,
      modules,
      doctor: { items: [] },
      'modules/stock/history': { items: [] },
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
