import { sessionClaim, type Order } from '#contracts';
import { bucketOf, buckets, type ModuleSeries } from 'nestjs-strangler';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { forgeries, goodToken } from '../../libs/api/src/testing/forgeries.js';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorClient } from '../support/operator.js';
import { freePort } from '../support/ports.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, type Program } from '../support/programs.js';
import {
  Client,
  makeSetup,
  readyGateway,
  openService,
  openShop,
  type OpenShop,
  type ShopSetup,
} from '../support/shop.js';
import { until } from '../support/until.js';

/* The API alone in front of a shop, whatever that has become: a monolith, one with a module gone, and what is left without it. */
let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let shop: OpenShop;
let gateway: OpenShop;
/** Serves inventory. */
let extracted: Program;
/** Knows nothing of the shop; two copies. */
const legacy = ['one', 'other'].map((copy) =>
  createServer((request, response) => {
    response.setHeader('X-Copy', copy);
    const end = () => response.end(`legacy ${request.url}`);
    if (request.url === '/slow') held.push(end);
    else end();
  }),
);
/** Answers that wait to be let go. */
const held: (() => unknown)[] = [];

beforeAll(async () => {
  [nats, own] = await Promise.all([startNats(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  await Promise.all(
    legacy.map(async (copy) => {
      const port = await freePort();
      await new Promise<void>((resolve) => copy.listen(port, '127.0.0.1', resolve));
    }),
  );
  const LEGACY_URL = legacy.map((copy) => `http://127.0.0.1:${(copy.address() as AddressInfo).port}`).join();
  // Whichever is there first.
  [gateway, shop] = await Promise.all([
    readyGateway(setup, own.url, {
      LEGACY_URL,
      REQUEST_TIMEOUT: '2s',
      CONNECTIONS_PER_ADDRESS: '900',
      RATE_PER_ADRESS: '1/s',
      SHED_LISTS_AT: '1',
    }),
    openShop(setup),
  ]);
});
afterAll(async () => {
  endAllPrograms();
  legacy.forEach(stop);
  await nats.stop();
  await Promise.all([setup.drop(), own.drop()]);
});

/** As a copy that is killed. */
function stop(copy: Server): void {
  copy.close();
  copy.closeAllConnections();
}
const statusOf = async (url: string) => (await fetch(url)).status;

it('it is the same API: people register, order and look, and its answers say who worked on them', async () => {
  const [customer, admin] = [await Client.register(gateway.url), await Client.admin(gateway.url)];
  await admin.stock('G-1', 10);
  const placed = await customer.order('first', { 'G-1': 2 });
  expect([placed.status, placed.body.status]).toEqual([201, 'confirmed']);
  expect(placed.headers.get('x-served-by')).toContain('orders=monolith');
  expect((await customer.order('first', { 'G-1': 2 })).body.id).toBe(placed.body.id);
  expect((await customer.send<Order>('GET', `/api/v1/orders/${placed.body.id}`)).body.status).toBe(
    'confirmed',
  );
  // The shop itself knows of all of it.
  expect((await customer.at(shop.url).send('GET', `/api/v1/orders/${placed.body.id}`)).status).toBe(200);
});

it('a setting whose name is misspelt is told in the log, and one of another program is not', () => {
  expect(gateway.output()).toContain(
    'RATE_PER_ADRESS is set, and nothing here reads it: did you mean RATE_PER_ADDRESS?',
  );
  expect(gateway.output().match(/did you mean/g)).toHaveLength(1);
});

it('it bounds what a connection may send, and how many there are, as the shop does', async () => {
  const late = lateBody(Number(new URL(gateway.url).port));
  for (const { url } of [gateway, shop]) {
    const port = Number(new URL(url).port);
    expect([
      url,
      await answerTo(port, `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(17_000)}\r\n\r\n`),
    ]).toEqual([url, '431']);
    expect([
      url,
      await answerTo(
        port,
        `POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000\r\nConnection: close\r\n\r\n${' '.repeat(20_000)}`,
      ),
    ]).toEqual([url, '413']);
    const all = await Promise.all(Array.from({ length: 1_001 }, () => dial(port)));
    await until('one too many is closed', () => (all.some(({ closed }) => closed) ? true : undefined));
    // At the gateway it is 900 of an address.
    if (url === gateway.url) expect(await answerTo(port, probe, '127.0.0.2')).toBe('200');
    const closed = all.map(
      (socket) => new Promise((resolve) => (socket.closed ? resolve(true) : socket.once('close', resolve))),
    );
    all.forEach((socket) => socket.destroy());
    await Promise.all(closed);
    await until('there is room again', async () =>
      (await statusOf(`${url}/health/live`).catch(() => 0)) === 200 ? true : undefined,
    );
  }
  // Though uploads to the application behind it may take ten minutes.
  expect(await late).toBe('408');
});

const probe = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

/** A body for the API, byte by byte. */
async function lateBody(port: number): Promise<string> {
  const socket = await dial(port, '127.0.0.3');
  const drip = setInterval(() => socket.write(' '), 100);
  socket.once('close', () => clearInterval(drip));
  socket.write(
    'POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{',
  );
  const [text] = (await once(socket, 'data')) as [Buffer];
  return text.toString().slice(9, 12);
}

async function dial(port: number, localAddress?: string): Promise<Socket> {
  const where = localAddress === undefined ? { host: 'localhost' } : { host: '127.0.0.1', localAddress };
  const socket = connect({ port, ...where }).on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** The status of what comes until the other end closes. */
async function answerTo(port: number, request: string, localAddress?: string): Promise<string> {
  const socket = await dial(port, localAddress);
  socket.write(request);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'close');
  return text.slice(9, 12);
}

it('as many commands queue as it is told, and lists are refused, while all else is answered', async () => {
  const customer = await Client.register(gateway.url);
  const statusAt = async (path: string) => (await customer.send('GET', path)).status;
  const lock = new pg.Client(setup.urls.shop);
  await lock.connect();
  await lock.query('begin; lock table users.account in share row exclusive mode');
  const renamed = customer.send('PATCH', `/api/v1/users/${customer.id}`, { name: 'Bea Lee' });
  await until('it waits', async () =>
    (await (await fetch(`${gateway.adminUrl}/metrics`)).text()).includes('\napi_commands_in_flight 1\n')
      ? true
      : undefined,
  );
  const list = await customer.send('GET', '/api/v1/orders');
  const single = await statusAt(`/api/v1/users/${customer.id}`);
  await lock.end();
  expect([list.status, list.headers.get('retry-after'), single]).toEqual([503, '2', 200]);
  expect((await renamed).status).toBe(200);
  expect(await statusAt('/api/v1/orders')).toBe(200);
});

it("who has no token, or somebody else's, is refused as at the shop", async () => {
  expect(await statusOf(`${gateway.url}/api/v1/orders`)).toBe(401);
  const [one, other] = [await Client.register(gateway.url), await Client.register(gateway.url)];
  expect((await one.send('GET', `/api/v1/users/${other.id}`)).status).toBe(403);
  expect((await one.send('PUT', '/api/v1/products/G-1', {})).status).toBe(403);
});

it('forged tokens are refused as at the shop, whatever is wrong with them', async () => {
  const found = await setup.query<{ kid: string; jwk: object; admin: string; version: number }>(
    `select kid, private_jwk as jwk, account.id as admin, session_version as version
     from users.signing_key, users.account where active and role = 'admin'`,
  );
  const { kid, jwk, admin, version } = found[0]!;
  const secret = { ...jwk, kid };
  const all = await forgeries(secret, admin);
  for (const { url } of [gateway, shop]) {
    const ask = async (authorization: string) =>
      (await fetch(`${url}/api/v1/users`, { headers: { authorization } })).status;
    expect(await ask(await goodToken(secret, admin, { [sessionClaim]: version }))).toBe(200);
    for (const [what, authorization] of all)
      expect([url, what, await ask(authorization)]).toEqual([url, what, 401]);
  }
});

it('the admin listeners are on this machine only, wherever clients are listened to', async () => {
  const at = (url: string) => Object.assign(new URL('/health/live', url), { hostname: '127.0.0.2' }).href;
  for (const { url, adminUrl } of [gateway, shop]) {
    expect(await statusOf(at(url))).toBe(200);
    await expect(fetch(at(adminUrl))).rejects.toThrow('fetch failed');
  }
});

it('a page whose name was made to lead to this machine reads nothing of the admin listeners', async () => {
  for (const { adminUrl } of [gateway, shop]) {
    const port = Number(new URL(adminUrl).port);
    const ask = (path: string, host: string) =>
      answerTo(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    for (const path of ['/metrics', '/health/live', '/docs', '/api/v1'])
      expect([path, await ask(path, `evil.example:${port}`)]).toEqual([path, '403']);
    expect(await ask('/metrics', `localhost:${port}`)).toBe('200');
  }
});

it('what is not its own goes to the application that is named, and nothing else does', async () => {
  const textOf = async (path: string) => (await fetch(gateway.url + path)).text();
  expect(await textOf('/reports/9?x=1')).toBe('legacy /reports/9?x=1');
  expect(await textOf('/api/v1/products/none')).toContain('not_found');
  expect(await textOf('/health/live')).not.toContain('legacy');
});

it('a copy of that application is killed: nobody who asks for something notices, and it is measured', async () => {
  const ask = async () => {
    const answer = await fetch(`${gateway.url}/reports`);
    return answer.status === 200 ? answer.headers.get('x-copy') : answer.status;
  };
  const both = await until('both are asked', async () => {
    const copies = new Set(await Promise.all(Array.from({ length: 8 }, ask)));
    return copies.size > 1 ? copies : undefined;
  });
  expect(both).toEqual(new Set(['one', 'other']));
  stop(legacy[0]!);
  const metrics = await until('it is out for its errors', async () => {
    for (let count = 0; count < 20; count++) expect(await ask()).toBe('other');
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    return /^edge_upstream_ejected\{upstream="legacy",copy="127\.0\.0\.1:\d+"\} 1/m.test(text)
      ? text
      : undefined;
  });
  expect(metrics).toMatch(/^edge_upstream_retries\{upstream="legacy",result="taken"\} [1-9]/m);
  const pages = await Promise.all(
    ['gateway', 'edge-routes', 'limits'].map((page) => readFile(`docs/${page}.md`, 'utf8')),
  );
  const told = [...metrics.matchAll(/^# TYPE ((?:api|edge|tls)_\w+)/gm)].map(([, name]) => name!);
  const listed = new Set(pages.flatMap((page) => page.match(/(?<=`)(?:api|edge|tls)_\w+/g) ?? []));
  expect(told.length).toBeGreaterThan(10);
  expect(told.filter((name) => !listed.has(name))).toEqual([]);
});

it('a service fails, and only for customers of the gateway: the gate of its module sees that, and takes it back', async () => {
  const inventory =
    'phase: shifting, percent: 50, ramp: [50], bake: 0s, gates: { minSamples: 0, probes: off }';
  await writeFile(setup.env['STRANGLER_CONFIG'] as string, `modules:\n  inventory: { ${inventory} }\n`);
  extracted = await openService(setup, 'inventory');
  const operator = await OperatorClient.of(shop);
  await until('half has moved', async () =>
    (await operator.status('inventory')).percent === 50 ? true : undefined,
  );
  const service = (sql: string) => setup.on(setup.urls.inventory, sql);
  await service(`
    create function inventory.refuse() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger refuse before insert on inventory.stock_item
    for each row when (new.sku like 'BROKEN-%') execute function inventory.refuse()`);
  const admin = await Client.admin(gateway.url);
  const skus = Array.from({ length: 20 }, (_, i) => `BROKEN-${i}`);
  const moved = skus.filter((sku) => bucketOf('inventory', sku) < buckets / 2);
  const product = { description: 'x', price: { amount: 1, currency: 'GBP' }, onHand: 1 };
  // What is counted in the same second in which the step began says nothing of it.
  const statuses = new Set<number>();
  await until('it went back', async () => {
    const answers = await Promise.all(
      moved.map((sku) => admin.send('PUT', `/api/v1/products/${sku}`, product)),
    );
    for (const { status } of answers) statuses.add(status);
    return (await operator.status('inventory')).phase === 'shadow' ? true : undefined;
  });
  expect(statuses).toContain(500);
  const history = await operator.history('inventory');
  expect(history.find(({ action }) => action === 'return')).toMatchObject({
    reason: expect.stringMatching(/error rate|fail/),
  });
  // So does a chart of it: what the gateway counts stands in its own database.
  const failed = await until('the chart shows them', async () => {
    const { body } = await operator.get<ModuleSeries>('/modules/inventory/series?minutes=5');
    const step = body.errors.extracted.findIndex((each) => each > 0);
    return step < 0 ? undefined : [body.calls.extracted[step], body.p99Ms.extracted[step]];
  });
  for (const figure of failed) expect(figure).toBeGreaterThan(0);
  await service('drop trigger refuse on inventory.stock_item');
});

it('a module leaves: calls follow; and without the monolith its service is still reached, also by a gateway that starts then', async () => {
  await setup.extract(['inventory']);
  await setup.arrived();
  const customer = await Client.register(gateway.url);
  const placed = await customer.order('second', { 'G-1': 1 });
  expect(placed.status).toBe(201);
  const seen = await until('the service answers', async () => {
    const answer = await customer.send<{ available: number }>('GET', '/api/v1/products/G-1?');
    return answer.headers.get('x-served-by') === 'inventory=extracted' ? answer : undefined;
  });
  expect(seen.body.available).toBe(7);
  await shop.end('SIGKILL');
  // Told to stop, a gateway answers what it has begun, also where it only passes it on.
  const begun = fetch(`${gateway.url}/slow`);
  await until('it is under way', () => (held.length > 0 ? true : undefined));
  const ended = gateway.end('SIGTERM');
  await until('nobody else is let in', () =>
    statusOf(`${gateway.url}/health/live`).then(
      () => undefined,
      () => true,
    ),
  );
  held.forEach((end) => end());
  expect(await (await begun).text()).toBe('legacy /slow');
  expect(await ended).toBe(0);
  gateway = await readyGateway(setup, own.url);
  const answer = await fetch(`${gateway.url}/api/v1/products/G-1`);
  expect(await answer.json()).toMatchObject({ available: 7 });
  const away = await fetch(`${gateway.url}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'a@b.example', password: 'a long password' }),
  });
  expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
});

it('its service is gone too: the answer that it gave last stands in for it, and says so', async () => {
  await extracted.end('SIGKILL');
  const kept = await until('the answer of before is old', async () => {
    const answer = await fetch(`${gateway.url}/api/v1/products/G-1`);
    const body: unknown = await answer.json();
    expect([answer.status, body]).toEqual([200, expect.objectContaining({ available: 7 })]);
    return answer.headers.has('x-served-stale') ? answer.headers : undefined;
  });
  expect(kept.get('x-served-stale')).toBe('true');
  // Of what nobody has asked for there is nothing to give.
  expect(await statusOf(`${gateway.url}/api/v1/products/G-2`)).toBe(503);
});
