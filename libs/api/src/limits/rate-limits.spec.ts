import type { Order } from '#contracts';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import type { ApiOptions } from '../api.module.js';
import { ann, bearer, bob, edge, signingKey, type SigningKey } from '../testing/edge.js';
import { limitGauges } from './limit-gauges.js';

let key: SigningKey;
beforeAll(async () => {
  key = await signingKey();
});

/** So slow that nothing comes back while a test runs. */
const few = (burst: number) => ({ perSecond: 0.01, burst, loopback: true });

async function shop(rates: ApiOptions['rates'], proxies = 0) {
  const listOrders = async () => ({ items: [] as Order[] });
  const product = { sku: 'A1', description: 'A', price: { amount: 1, currency: 'GBP' }, onHand: 1 };
  const getProduct = async () => product as never;
  const listProducts = async () => ({ items: [] });
  return edge(
    {
      users: { jwks: async () => ({ keys: [key.jwk] }) },
      orders: { listOrders },
      inventory: { getProduct, listProducts },
    },
    { rates },
    { proxies },
  );
}

const statuses = async (times: number, ask: () => request.Test): Promise<number[]> => {
  const seen: number[] = [];
  for (let i = 0; i < times; i++) seen.push((await ask()).status);
  return seen;
};

test('an address that asks too often is refused, with what a client needs to do better', async () => {
  const { app, server } = await shop({ perAddress: few(2), perUser: few(9) });
  const from = performance.now();
  const ask = () => request(server).get('/api/v1/products/A1');
  const first = await ask();
  expect([first.status, first.get('RateLimit-Policy'), first.get('RateLimit')]).toEqual([
    200,
    '"address";q=2;w=200',
    '"address";r=1;t=100',
  ]);
  expect((await ask()).status).toBe(200);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(refused.type).toBe('application/problem+json');
  expect(refused.body).toMatchObject({ code: 'rate_limited', data: { policy: 'address' } });
  const wait = Number(refused.get('Retry-After'));
  expect(wait).toBeGreaterThan(90);
  expect(wait).toBe((refused.body as { data: { retryAfterSeconds: number } }).data.retryAfterSeconds);
  const [, full] = /^"address";r=0;t=(\d+)$/.exec(refused.get('RateLimit')!)!;
  expect(Number(full)).toBeLessThanOrEqual(200);
  expect(Number(full)).toBeGreaterThanOrEqual(200 - (performance.now() - from) / 1_000);
  // Whoever looks whether this process is well decides for all the others too.
  expect((await request(server).get('/health/live')).status).toBe(200);
  // Also what is not there is asked for.
  expect(await statuses(2, () => request(server).get('/nowhere'))).toEqual([429, 429]);
  const { gauges, read } = limitGauges(app);
  const told = await read();
  expect(Object.keys(told)).toEqual(Object.keys(gauges));
  expect(told.api_requests_limited).toEqual(
    expect.arrayContaining([
      { labels: { policy: 'address' }, value: 3 },
      { labels: { policy: 'user' }, value: 0 },
    ]),
  );
  await app.close();
});

test('a user is counted by the verified token, from whatever address and with whatever headers; others go on', async () => {
  const { app, server } = await shop({ perUser: few(2) }, 1);
  const [anns, bobs] = [await bearer(key, ann), await bearer(key, bob)];
  let n = 0;
  const list = (authorization: string) =>
    request(server)
      .get('/api/v1/orders')
      .set('Authorization', authorization)
      .set('X-Forwarded-For', `192.0.2.${n++}`)
      .set('X-User-Id', `user ${n}`);
  expect(await statuses(3, () => list(anns))).toEqual([200, 200, 429]);
  // A new token of the same user changes nothing.
  const another = await bearer(key, ann);
  expect(another).not.toBe(anns);
  expect((await list(another)).status).toBe(429);
  expect(await statuses(2, () => list(bobs))).toEqual([200, 200]);
  expect(await statuses(3, () => request(server).get('/api/v1/products/A1'))).toEqual([200, 200, 200]);
  await app.close();
});

test('who is refused for the address is not even asked who it is; both limits are told', async () => {
  const { app, server } = await shop({ perAddress: few(2), perUser: few(9) });
  const authorization = await bearer(key, ann);
  const list = (token: string) => request(server).get('/api/v1/orders').set('Authorization', token);
  const first = await list(authorization);
  expect(first.get('RateLimit-Policy')).toBe('"address";q=2;w=200, "user";q=9;w=900');
  expect(first.get('RateLimit')).toBe('"address";r=1;t=100, "user";r=8;t=100');
  expect(await statuses(2, () => list('Bearer nonsense'))).toEqual([401, 429]);
  await app.close();
});

test('a route has its own limit for all callers together, the others share none of it', async () => {
  const { app, server } = await shop({
    perRoute: { 'GET /api/v1/products/:sku': few(2), '*': few(1) },
  });
  let n = 0;
  // Another product is the same route; so is a question for the head alone.
  expect(await statuses(2, () => request(server).get(`/api/v1/products/A${n++}`))).toEqual([200, 200]);
  expect((await request(server).head('/api/v1/products/A9')).status).toBe(429);
  expect(await statuses(2, () => request(server).get('/api/v1/products'))).toEqual([200, 429]);
  const authorization = await bearer(key, ann);
  expect((await request(server).get('/api/v1/orders').set('Authorization', authorization)).status).toBe(200);
  await app.close();
});

test('a limit of a route that is not there stops the start', async () => {
  await expect(shop({ perRoute: { 'GET /api/v1/product': few(1) } })).rejects.toThrow(
    'RATE_PER_ROUTE: there is no route GET /api/v1/product',
  );
});

test('who is on this machine is not limited, unless a limit is meant for all', async () => {
  const elsewhere = { ...few(1), loopback: false };
  const { app, server } = await shop({ perAddress: elsewhere, perUser: elsewhere }, 1);
  const ask = (from?: string) => {
    const asked = request(server).get('/api/v1/products/A1');
    return from === undefined ? asked : asked.set('X-Forwarded-For', from);
  };
  expect(await statuses(3, () => ask())).toEqual([200, 200, 200]);
  expect((await ask()).get('RateLimit')).toBeUndefined();
  for (const here of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
    expect(await statuses(2, () => ask(here))).toEqual([200, 200]);
  expect(await statuses(2, () => ask('192.0.2.1'))).toEqual([200, 429]);
  await app.close();
});

/*
 * A proxy adds the address that it sees at the end of X-Forwarded-For. What stands before was sent by the client, who may write
 * whatever it likes there: a key that it could change would be no limit.
 */
describe.each([
  [0, [], 'who connects'],
  [1, ['198.51.100.7'], 'the address that the proxy has added'],
  [2, ['198.51.100.7', '10.0.0.1'], 'the address that the first of two has added'],
])('behind %i proxies', (proxies, added, what) => {
  test(`${what} is counted, whatever the client wrote`, async () => {
    const { app, server } = await shop({ perAddress: few(3) }, proxies);
    await app.listen(0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    const ask = async (lines: string[]): Promise<number> => {
      const socket = connect(port, '127.0.0.1');
      const text = [
        'GET /api/v1/products/A1 HTTP/1.1',
        'Host: x',
        ...lines,
        ...(added.length > 0 ? [`X-Forwarded-For: ${added.join(', ')}`] : []),
        'Connection: close',
      ].join('\r\n');
      socket.write(`${text}\r\n\r\n`);
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      await once(socket, 'close');
      return Number(answer.slice(9, 12));
    };
    const spoofed = [
      [],
      ['X-Forwarded-For: 203.0.113.1'],
      ['X-Forwarded-For: 203.0.113.2, 203.0.113.3, 127.0.0.1'],
      // Two lines are one list; other headers that name an address are nobody's word.
      ['X-Forwarded-For: 203.0.113.4', 'X-Forwarded-For: ::1'],
      ['X-Real-IP: 203.0.113.5', 'Forwarded: for=203.0.113.6', 'True-Client-IP: 203.0.113.7'],
    ];
    const seen: number[] = [];
    for (const lines of spoofed) seen.push(await ask(lines));
    expect(seen).toEqual([200, 200, 200, 429, 429]);
    await app.close();
  });
});

test('a customer with a whole /64 of addresses is one', async () => {
  const { app, server } = await shop({ perAddress: few(2) }, 1);
  const ask = (from: string) => request(server).get('/api/v1/products/A1').set('X-Forwarded-For', from);
  const seen: number[] = [];
  for (const host of ['1', '2', 'ffff:1:2:3', '3'])
    seen.push((await ask(`2001:db8:1:2:${host.includes(':') ? host : `:${host}`}`)).status);
  expect(seen).toEqual([200, 200, 429, 429]);
  expect((await ask('2001:db8:1:3::1')).status).toBe(200);
  await app.close();
});
