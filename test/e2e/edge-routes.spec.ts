import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startNats, type TestNats } from '../support/nats.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms } from '../support/programs.js';
import { runCli, startCli } from '../support/run-cli.js';
import { Client, makeSetup, openGateway, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';

/* Routes of the edge between two applications that know nothing of it: by the file and by hand, forward and back. */
class Application {
  readonly heard: { method: string; url: string; copy: boolean }[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    void response.end(this.name);
  private server: Server | undefined;

  constructor(readonly name: string) {}

  async open(): Promise<string> {
    this.server = createServer((request, response) => {
      const copy = request.headers['x-shadow-request'] !== undefined;
      this.heard.push({ method: request.method ?? '', url: request.url ?? '', copy });
      this.answer(request, response);
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}

const legacy = new Application('legacy');
const next = new Application('new');
let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let shop: OpenShop;
let gateway: OpenShop;
let upstreams: string;

const atOnce = 'ramp: [50, 100], bake: 0s, gates: { minSamples: 0 }';
const write = (...routes: string[]) =>
  writeFile(
    setup.env['STRANGLER_CONFIG'] as string,
    ['edge:', ...routes.map((route) => `  - { ${route}, ${upstreams}, ${atOnce} }`), ''].join('\n'),
  );

beforeAll(async () => {
  [nats, own] = await Promise.all([startNats(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  const [from, to] = await Promise.all([legacy.open(), next.open()]);
  upstreams = `upstreams: { legacy: "${from}", new: "${to}" }`;
  await write(
    'path: /reports, percent: 50, cohorts: [{ header: x-user-group, equals: beta }]',
    'path: /flaky, sharedStore: true',
    'path: /copied, shadow: 1',
  );
  [gateway, shop] = await Promise.all([openGateway(setup, own.url, { LOG_LEVEL: 'info' }), openShop(setup)]);
  await until('the gateway is ready', async () =>
    (await fetch(`${gateway.adminUrl}/health/ready`)).ok ? true : undefined,
  );
});
afterAll(async () => {
  endAllPrograms();
  legacy.close();
  next.close();
  await nats.stop();
  await Promise.all([setup.drop(), own.drop()]);
});

const env = () => ({
  ...setup.env,
  ADMIN_URL: shop.adminUrl,
  SHOP_URL: shop.url,
  GATEWAY_ADMIN_URL: gateway.adminUrl,
});
const cli = (...args: string[]) => runCli(args, env());
const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).stdout);
const send = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
  const answer = await fetch(gateway.url + path, { method, headers });
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  return {
    by: await answer.text(),
    cookie,
    status: answer.status,
    served: answer.headers.get('x-served-by'),
  };
};
/** What the gateway's log says of a request that is over. */
const lineOf = (id: string) =>
  until('it stands in the log', () => {
    const line = gateway
      .output()
      .split('\n')
      .find((text) => text.includes(`"requestId":"${id}"`));
    return line && (JSON.parse(line) as object);
  });
const at = (route: string, percent: number) =>
  until(`${route} is at ${percent} %`, async () =>
    (await json('status', route)).percent === percent ? true : undefined,
  );
const beta = { 'x-user-group': 'beta' };

it('the file moves a share of the readers, each of whom stays; a cohort goes first, and writes do not go at all', async () => {
  await at('/reports', 50);
  await gateway.printed(/\/reports: only GET and HEAD.*two writers/);
  const browsers = await Promise.all(Array.from({ length: 40 }, () => send('/reports/7')));
  expect(new Set(browsers.map(({ by }) => by))).toEqual(new Set(['legacy', 'new']));
  for (const { by, cookie, served } of browsers) {
    expect(served).toBe(`/reports=${by}`);
    const again = await send('/reports/8', { cookie });
    expect(again).toEqual({ by, cookie: '', status: 200, served });
  }
  const { authorization } = await Client.register(gateway.url);
  const seen = await Promise.all(Array.from({ length: 5 }, () => send('/reports', { authorization })));
  expect(new Set(seen.map(({ by }) => by)).size).toBe(1);
  expect(seen.every(({ cookie }) => cookie === '')).toBe(true);
  // Another spelling of the path is the same route.
  for (const path of ['/%72eports/7', '/reports;x/7'])
    expect((await send(path)).served).toMatch(/^\/reports=/);
  // The log says who asked, and who answered; nothing of the query.
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  await send('/reports/9?of=ann', { authorization, traceparent, 'x-request-id': 'r-9' });
  expect(await lineOf('r-9')).toMatchObject({
    ...{ method: 'GET', route: '/reports', path: '/reports/9', status: 200, ms: expect.any(Number) },
    ...{ sides: seen[0]!.served, traceId, user: expect.stringMatching(/^[\da-f-]{36}$/) },
  });
  for (const { cookie } of browsers.slice(0, 5)) {
    expect((await send('/reports', { cookie, ...beta })).by).toBe('new');
    expect((await send('/reports', { cookie, ...beta }, 'POST')).by).toBe('legacy');
  }
});

it('what the file steers is not steered by hand; what it lets go is, with all writes, and back', async () => {
  const refused = await cli('shift', '/reports', '10');
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/steered by .*:2, which says percent: 50/),
  ]);
  const path = setup.env['STRANGLER_CONFIG'] as string;
  const text = await readFile(path, 'utf8');
  const shift = await cli('shift', '/reports', '10', '--write', '--wait');
  expect([shift.code, shift.stdout]).toEqual([0, expect.stringContaining('percent: 10')]);
  expect(await readFile(path, 'utf8')).toBe(text.replace('percent: 50', 'percent: 10'));
  expect(await json('status', '/reports')).toMatchObject({
    percent: 10,
    steeredBy: expect.stringMatching(/:2$/),
  });
  await write(
    'path: /reports, cohorts: [{ header: x-user-group, equals: beta }]',
    'path: /flaky, sharedStore: true',
    'path: /copied, shadow: 1',
  );
  await until('operators steer it', async () =>
    (await json('status', '/reports')).steeredBy === null ? true : undefined,
  );
  expect((await cli('shift', '/reports', '100', '--dry-run')).stdout).toContain('with that all writes');
  expect((await send('/reports', {}, 'POST')).by).toBe('legacy');
  const watching = startCli(['status', '/reports', '--watch'], env());
  await until('it is watched', () => (watching.stdout().includes('/reports') ? true : undefined));
  expect((await cli('shift', '/reports', '100', '--wait')).code).toBe(0);
  await until('it is seen', () => (/shifting 100 %/.test(watching.stdout()) ? true : undefined));
  watching.signal('SIGINT');
  expect((await watching.ended).code).toBe(0);
  await until('writes follow', async () =>
    (await send('/reports', {}, 'POST')).by === 'new' ? true : undefined,
  );
  expect((await cli('rollback', '/reports')).code).toBe(0);
  await until('everybody is back', async () =>
    (await send('/reports', beta)).by === 'legacy' ? true : undefined,
  );
  expect((await send('/reports', beta, 'POST')).by).toBe('legacy');
  const { items } = await json('history', '/reports');
  expect(items.map(({ action, to }: { action: string; to: number }) => [action, to])).toEqual(
    expect.arrayContaining([
      ['rollback', 0],
      ['shift', 100],
      ['step', 50],
    ]),
  );
  expect(items[0].actor).toBe(setup.env['ADMIN_EMAIL']);
});

it('a new upstream that begins to fail loses everybody by itself, and writes with one store had gone by the share', async () => {
  expect((await cli('advance', '/flaky', '--wait')).code).toBe(0);
  await until('some are there', async () =>
    (await send('/flaky', {}, 'POST')).by === 'new' ? true : undefined,
  );
  next.answer = (_request, response) => void response.writeHead(500).end('broken');
  await until('it went back', async () => {
    await Promise.all(Array.from({ length: 20 }, () => send('/flaky')));
    const { phase, paused } = await json('status', '/flaky');
    return phase === 'legacy' && paused ? true : undefined;
  });
  await until('nobody is there', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => send('/flaky')));
    return all.every(({ by }) => by === 'legacy') ? true : undefined;
  });
  const { items } = await json('history', '/flaky');
  expect(items[0]).toMatchObject({ action: 'return', actor: 'autopilot', from: 50, to: 0 });
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(
    /^edge_route_requests\{.*route="\/flaky",upstream="new",outcome="error".*\} [1-9]/m,
  );
  expect(metrics).toMatch(/^edge_route_new_percent\{.*route="\/flaky".*\} 0$/m);
  expect((await cli('status', '/flaky')).stdout).toMatch(/returned by itself: .*new upstream's answers fail/);
});

it('GETs are copied once they are answered; what differs is counted, and kept without what customers have said', async () => {
  const say = (body: object) => (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  legacy.answer = say({ name: 'Ann Lee', total: 7 });
  next.answer = say({ name: 'Ann Lee', total: 8 });
  expect(JSON.parse((await send('/copied/1?of=ann')).by)).toEqual({ name: 'Ann Lee', total: 7 });
  await send('/copied', {}, 'POST');
  const { items } = await until('the copy was compared', async () => {
    const found = await json('mismatches', '/copied');
    return found.items.length > 0 ? found : undefined;
  });
  expect(items).toEqual([
    expect.objectContaining({
      operation: 'GET',
      differences: [{ path: 'total', legacy: 'number', new: 'number' }],
    }),
  ]);
  expect((await cli('mismatches', '/copied', '--clear')).code).toBe(0);
  expect((await json('mismatches', '/copied')).items).toEqual([]);
  const copies = next.heard.filter(({ copy }) => copy);
  expect(copies).toEqual([{ method: 'GET', url: '/copied/1?of=ann', copy: true }]);
});

it('whoever is no operator moves nothing', async () => {
  const customer = await Client.register(gateway.url);
  const shift = (authorization: string) =>
    fetch(`${gateway.adminUrl}/routes/%2Freports/shift`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: '{"percent":100}',
    });
  expect((await shift('')).status).toBe(401);
  expect((await shift(customer.authorization)).status).toBe(403);
  expect((await json('status', '/reports')).percent).toBe(0);
});

it('a step that a person has to approve waits for that, whoever else asks; and who is refused stands in the history', async () => {
  await write('path: /asked, percent: 100, approve: [100]');
  await until('it waits', async () =>
    (await cli('status', '/asked')).stdout.includes('approval of the step to 100 %') ? true : undefined,
  );
  const advance = await cli('advance', '/asked');
  expect([advance.code, advance.stderr]).toEqual([1, expect.stringContaining('a person approves the step')]);
  expect((await cli('approve', '/asked', '--dry-run')).stdout).toContain('with that all writes');
  expect((await cli('approve', '/asked', '--wait')).code).toBe(0);
  const { items } = await json('history', '/asked');
  expect(items.map(({ action, outcome, to }: Record<string, unknown>) => [action, outcome, to])).toEqual([
    ['step', 'done', 100],
    ['approve', 'done', 50],
    ['advance', 'refused', 50],
    ['step', 'done', 50],
    ['file', 'noted', 0],
  ]);
  const back = await cli('rollback', '/asked', '--dry-run');
  expect([back.code, back.stdout]).toEqual([0, expect.stringContaining('this takes --write')]);
  const nothing = await cli('abort', '/asked', '--dry-run');
  expect([nothing.code, nothing.stdout]).toEqual([1, expect.stringContaining('nothing is under way')]);
});
