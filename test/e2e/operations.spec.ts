import type { Finding, ModuleSeries, ProcessStatus } from 'nestjs-strangler';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorClient } from '../support/operator.js';
import { endAllPrograms, type Program } from '../support/programs.js';
import { Client, makeSetup, openService, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';

/* What machines ask of the programs: health, metrics, the log. docs/operations.md says what they get. */
let nats: TestNats;
let setup: ShopSetup;
let shop: OpenShop;
let service: Program;
let serviceUrl: string;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
  setup.env.LOG_LEVEL = 'info';
  setup.env.ENVIRONMENT = 'rehearsal';
  await setup.extract(['inventory']);
  service = await openService(setup, 'inventory');
  [, serviceUrl = ''] = await service.printed(/health (http:\/\/localhost:\d+)\//);
  shop = await openShop(setup);
  await setup.arrived();
});
afterAll(async () => {
  endAllPrograms();
  await nats.stop();
  await setup.drop();
});

const get = (url: string) => fetch(url);
const metricsOf = async (url: string) => (await get(`${url}/metrics`)).text();

it('health is told without a token, on the admin listener and on the health port of a service', async () => {
  for (const url of [shop.adminUrl, serviceUrl]) {
    expect(await (await get(`${url}/health/live`)).json()).toEqual({ status: 'ok' });
    expect(await (await get(`${url}/health/ready`)).json()).toEqual({ status: 'ok' });
    expect((await get(`${url}/modules`)).status).toBe(url === serviceUrl ? 404 : 401);
  }
});

it('the admin listener is on this machine only, wherever the shop listens, and nothing of it is at the shop', async () => {
  const at = (url: string) => Object.assign(new URL(url), { hostname: '127.0.0.2' }).href;
  expect((await get(`${at(shop.url)}api/v1/products`)).status).toBe(200);
  await expect(get(`${at(shop.adminUrl)}health/live`)).rejects.toThrow('fetch failed');
  expect((await get(`${shop.adminUrl}/modules`)).status).toBe(401);
  for (const path of ['/doctor', '/metrics']) expect((await get(shop.url + path)).status).toBe(404);
});

it('calls are counted by module, operation, side and outcome, on both ends of the wire', async () => {
  expect((await get(`${shop.url}/api/v1/products/NO-SUCH`)).status).toBe(404);
  const labels = 'module="inventory",operation="getProduct",side="extracted",outcome="refused"';
  expect(await metricsOf(shop.adminUrl)).toMatch(`strangler_call_seconds_count{${labels}} 1`);
  expect(await metricsOf(serviceUrl)).toMatch(`strangler_served_call_seconds_count{${labels}} 1`);
});

it('where the modules stand is told: phase, outbox, admission, pools', async () => {
  const text = await metricsOf(shop.adminUrl);
  expect(text).toContain('strangler_phase{module="inventory",phase="extracted"} 1');
  expect(text).toContain('strangler_extracted_ratio{module="inventory"} 1');
  expect(text).toContain('strangler_outbox_rows{module="inventory"} 0');
  expect(text).toMatch(/^strangler_admission_running\{work="[\w ]+"\} \d+$/m);
  expect(text).toMatch(/^database_pool_connections\{pool="commands",state="idle"\} \d+$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \S+$/m);
});

it('a saga that no process knows is an alarm in the metrics, in the status and in what doctor finds', async () => {
  await setup.query(
    `insert into orders.saga (id, command_id, routing_key, process, request_id, status, step, state, due_at)
     values (gen_random_uuid(), gen_random_uuid(), 'somebody', 'place@9', '-', 'running', 2, '{}', now() - interval '10 min')`,
  );
  const operator = await OperatorClient.of(shop);
  const said =
    /^1 saga of orders\.place at step 2 of definition 9, due for 6\d\d s: no process here knows it/;
  expect((await operator.status('orders')).notices).toEqual([expect.stringMatching(said)]);
  const { body } = await operator.get<{ items: Finding[] }>('/doctor?module=orders');
  expect(body.items.filter(({ module }) => module === 'orders')).toEqual([
    expect.objectContaining({ problem: expect.stringMatching(said), repairable: false }),
  ]);
  expect(await metricsOf(shop.adminUrl)).toContain('strangler_stranded_sagas{module="orders"} 1');
  await setup.query('delete from orders.saga');
  expect(await metricsOf(shop.adminUrl)).toContain('strangler_stranded_sagas{module="orders"} 0');
});

it('how a module did is told from what was written down: its calls, its phases, how far both sides were', async () => {
  const operator = await OperatorClient.of(shop);
  const { body: series } = await until('the calls stand in a step', async () => {
    await get(`${shop.url}/api/v1/products?limit=1`);
    const answer = await operator.get<ModuleSeries>('/modules/inventory/series?minutes=5');
    const { calls, percent } = answer.body;
    return calls.extracted.some((each) => each > 0) && percent.includes(100) ? answer : undefined;
  });
  const step = series.calls.extracted.findIndex((each) => each > 0);
  expect(series.p99Ms.extracted[step]).toBeGreaterThan(0);
  expect(series.lagMs[series.percent.indexOf(100)]).toEqual(expect.any(Number));
  expect(series.phases.map(({ phase }) => phase)).toEqual([
    ...['monolith', 'dual-write', 'shadow', 'shifting', 'extracted'],
  ]);
  expect(series.handOffs).toEqual([
    { at: expect.any(String) as string, from: 0, to: 100, pauseMs: expect.any(Number) as number },
  ]);
});

it('what the shop is and works with is told to its operators, without any password', async () => {
  const operator = await OperatorClient.of(shop);
  const { body: told } = await until('it is known who leads', async () => {
    const answer = await operator.get<ProcessStatus>('/process');
    return answer.body.leaders.every(({ process }) => process !== null) ? answer : undefined;
  });
  const { STRANGLER_CONFIG: path = '' } = setup.env;
  expect(told).toMatchObject({
    ...{ name: 'monolith', version: expect.stringMatching(/^\d+\.\d+/), namespace: 'shop' },
    ...{ environment: 'rehearsal', host: hostname(), file: { path, state: 'in force', problem: null } },
    nats: { state: 'connected', server: new URL(nats.url).host, version: expect.stringMatching(/^2\./) },
  });
  expect(told.leads.sort()).toEqual(told.leaders.map(({ module }) => module).sort());
  expect(told.leaders).toContainEqual({
    module: 'inventory',
    process: `process ${told.pid} on ${hostname()}, which reads ${path}`,
  });
  const place = (url: string) => {
    const { host, pathname, username } = new URL(url);
    return { address: host + pathname, role: username, state: 'up' };
  };
  expect(told.databases).toEqual([
    { side: 'monolith', module: null, ...place(setup.urls.shop) },
    { side: 'extracted', module: 'inventory', ...place(setup.urls.inventory) },
  ]);
  const { password } = new URL(setup.urls.shop);
  expect(password.length).toBeGreaterThan(8);
  expect(JSON.stringify(told)).not.toContain(password);
});

it('docs/operations.md lists every metric that is ours, and no other', async () => {
  const told = [await metricsOf(shop.adminUrl), await metricsOf(serviceUrl)].join('\n');
  const ours = [...told.matchAll(/^# TYPE ((?:strangler|database|app)_\w+) /gm)].map(([, name]) => name!);
  const page = readFileSync('docs/operations.md', 'utf8');
  const listed = [...page.matchAll(/^\| `((?:strangler|database|app)_\w+)/gm)].map(([, name]) => name!);
  expect([...new Set(listed)].sort()).toEqual([...new Set(ours)].sort());
});

it('every line of the log is JSON and says who writes; a look of the operator is no news', async () => {
  const admin = (await Client.admin(shop.url)).at(shop.adminUrl);
  expect((await admin.send('GET', '/modules')).status).toBe(200);
  await shop.end();
  const lines = shop
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines) expect(line).toMatchObject({ service: 'monolith', version: expect.any(String) });
  const said = lines.map(({ msg }) => msg);
  expect(said[0]).toBe('starting');
  expect(said).toContain('stopping');
  expect(said).toContainEqual(expect.stringMatching(/^The shop is open: http/));
  expect(said).toContainEqual(expect.stringMatching(/^GET \/api\/v1\/products/));
  expect(said).not.toContainEqual(expect.stringMatching(/^GET \/modules/));
});

it('a service without NATS is alive and not ready', async () => {
  await nats.kill();
  const refused = await until('it is not ready', async () => {
    const answer = await get(`${serviceUrl}/health/ready`);
    return answer.status === 503 ? answer : undefined;
  });
  expect(await refused.json()).toMatchObject({ code: 'unavailable', detail: 'not ready: nats' });
  expect((await get(`${serviceUrl}/health/live`)).status).toBe(200);
  expect(await metricsOf(serviceUrl)).toMatch(/^strangler_nats_connected 0$/m);
});
