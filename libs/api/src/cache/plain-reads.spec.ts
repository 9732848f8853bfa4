import { DomainError, UnavailableError } from 'nestjs-strangler/contract';
import { BySku, type Order, type Page, type Product, type User } from '#contracts';
import { routeOf, Routes } from '#strangler/routes/routes';
import request from 'supertest';
import { until } from '../../../../test/support/until.js';
import { BoundedAdapter, type Front } from '../http/bounded-adapter.js';
import type { InventoryPort, OrdersPort, PaymentsPort, UsersPort } from '../ports.js';
import { ann, bearer, bob, claimsOf, edge, signingKey, type SigningKey } from '../testing/edge.js';

const productOf = (sku: string): Product => ({
  ...{ sku, description: 'Cup – blue', price: { amount: 255, currency: 'GBP' } },
  ...{ onHand: 1, reserved: 0 },
});

const inventory: Partial<InventoryPort> = {
  getProduct: async ({ sku }: BySku) => {
    if (sku.startsWith('A')) return productOf(sku);
    if (sku === 'D4') throw new UnavailableError('inventory', 'the port says no');
    throw sku === 'B2' ? new DomainError('not_found', {}, 'there is no B2') : new Error('a bug');
  },
  listProducts: async (_page: Page) => ({ items: [productOf('A1')], next: 'A1' }),
};

const carol = '01890a5d-ac96-774b-bcce-b302099a8059';
const user = { id: ann, name: 'Ann Lee', email: 'ann@shop.example', role: 'user' } as unknown as User;
const order = { id: bob, userId: ann, status: 'confirmed', items: [] } as unknown as Order;

/** Ann has an account, an admin too; Bob's session has ended, and Carol is gone. */
const people = (key: SigningKey): Partial<UsersPort> => ({
  jwks: async () => ({ keys: [key.jwk] }),
  getSession: async ({ id }) => {
    if (id === carol) throw new DomainError('not_found', {}, 'gone');
    return { id, role: id === admin ? 'admin' : 'user', version: id === bob ? 1 : 0 };
  },
  getUser: async () => user,
  listUsers: async () => ({ items: [user], next: null }),
});
const admin = '01890a5d-ac96-774b-bcce-b302099a805a';

const orders: Partial<OrdersPort> = {
  listOrders: async () => ({ items: [order], next: null }),
  getOrder: async ({ userId, id }) => {
    if (id !== order.id) throw new DomainError('not_found', {}, 'there is no such order');
    return { ...order, userId };
  },
};
const payments: Partial<PaymentsPort> = {
  getPayment: async () => {
    throw new UnavailableError('payments', 'the port says no');
  },
};

const minute = 60_000;
const loose = { perSecond: 0.01, burst: 1_000, loopback: true };
const rates = { perAddress: { perSecond: 0.01, burst: 3, loopback: true } };
type Options = {
  rates?: object;
  http?: Parameters<typeof edge>[2];
  shedListsAt?: number;
  servedBy?: boolean;
  key?: SigningKey;
  /** Whether public answers are kept. */
  isKept?: boolean;
};

/** The API as it is, and without what answers plain reads before its pipeline. */
async function both({ http = {}, key, isKept = true, ...api }: Options = {}) {
  key ??= await signingKey();
  const open = async (adapter: BoundedAdapter) => {
    const routes = new Routes();
    const cohorts = [{ header: 'x-user-group', equals: 'beta' }];
    routes.replace({ inventory: { ...routeOf('shadow'), cohorts } });
    const cache = { freshMs: minute, staleMs: minute, ways: routes };
    const ports = { inventory, orders, payments, users: people(key) };
    return edge(ports, isKept ? { ...api, cache } : api, { ...http, adapter });
  };
  let taken = 0;
  class Counting extends BoundedAdapter {
    override before(front: Front): void {
      super.before((request, response, goOn) => {
        taken++;
        front(request, response, () => {
          taken--;
          goOn();
        });
      });
    }
  }
  class Pipeline extends BoundedAdapter {
    override before(): void {
      // All requests are Express's.
    }
  }
  const apis = [await open(new Counting()), await open(new Pipeline())] as const;
  return {
    apis,
    taken: () => taken,
    close: () => Promise.all(apis.map(({ app }) => app.close())),
  };
}
type Api = Awaited<ReturnType<typeof both>>['apis'][number];

interface Ask {
  path?: string;
  method?: 'get' | 'head' | 'post';
  headers?: Record<string, string>;
}

/** What a client and the log see. */
async function seen(
  { server, lines }: Api,
  { path = '/api/v1/products/A1', method = 'get', headers = {} }: Ask,
) {
  const before = lines.length;
  const asking = request(server)[method](path);
  const {
    status,
    headers: all,
    text,
  } = await asking.set({
    ...{ 'x-request-id': 'one', 'user-agent': 'shop-app/1.0' },
    ...headers,
  });
  const line = await until('its line is written', () =>
    lines.slice(before).find(({ path: logged }) => logged !== undefined),
  );
  const told: Record<string, string> = { ...(all as Record<string, string>), date: '' };
  // On a slow machine a second passes between two of them.
  if (told['age'] !== undefined) told['age'] = String(/^\d+$/.test(told['age']));
  if (told['ratelimit'] !== undefined) told['ratelimit'] = told['ratelimit'].replace(/;t=\d+/g, ';t=1');
  const whenToComeBack = told['retry-after'];
  if (whenToComeBack !== undefined) told['retry-after'] = String(/^\d+$/.test(whenToComeBack));
  const body = text?.replaceAll(`"retryAfterSeconds":${whenToComeBack}`, '"retryAfterSeconds":1');
  return { status, headers: told, text: body, line: { ...line, time: '', ms: 0 } };
}

const etag = async ({ server }: Api) =>
  (await request(server).get('/api/v1/products/A1')).headers['etag'] as string;

describe('plain reads, answered before Express', () => {
  const asks: Record<string, Ask> = {
    'what is there': {},
    'what is kept': {},
    'a list': { path: '/api/v1/products' },
    'a list with a query that breaks the rules': { path: '/api/v1/products?limit=0' },
    'a list with a query': { path: '/api/v1/products?limit=5' },
    'the same again': { path: '/api/v1/products?limit=5' },
    'what is not there': { path: '/api/v1/products/B2' },
    'what fails': { path: '/api/v1/products/C3' },
    'a module that is away': { path: '/api/v1/products/D4' },
    'what breaks the rules': { path: `/api/v1/products/${'x'.repeat(200)}` },
    'a stray query': { path: '/api/v1/products/A1?x=1' },
    'another spelling': { path: '/api/v1/products/%41%31' },
    'another spelling of the path': { path: '/api/v1/Products/A1/' },
    'no version': { path: '/api/products/A1' },
    'a version by header': { headers: { 'accept-version': 'v2' } },
    'a version that is none': { headers: { 'accept-version': 'v9' } },
    dots: { path: '/api/v1/products/..' },
    'only its head': { method: 'head' },
    'the head of what is not there': { method: 'head', path: '/api/v1/products/B2' },
    'another method': { method: 'post' },
    'a trace': { headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' } },
    'a request id that is none': { headers: { 'x-request-id': 'a b', traceparent: 'none' } },
    'who claims to be somebody': { headers: { 'x-user-id': 'ann', authorization: 'Bearer nonsense' } },
    'another ETag': { headers: { 'if-none-match': '"x", W/"y"' } },
    'whatever ETag': { headers: { 'if-none-match': '*' } },
    'whatever is newer': { headers: { 'if-modified-since': 'Sun, 29 Nov 2026 12:00:00 GMT' } },
    'whoever belongs to a cohort': { headers: { 'x-user-group': 'beta' } },
    'a page of another origin': { headers: { origin: 'https://shop.example' } },
    'a page of an origin that nobody knows': { headers: { origin: 'https://evil.example' } },
  };
  const isPlain = [
    'what is there',
    'what is kept',
    'a list',
    'what is not there',
    'what fails',
    'only its head',
    'a list with a query',
  ];

  /** What takes a token, by whose it is. */
  const asksOf = async (key: SigningKey): Promise<Record<string, Ask>> => {
    const [me, chief, ended, gone] = await Promise.all([
      ...[bearer(key, ann), bearer(key, admin, 'admin'), bearer(key, bob), bearer(key, carol)],
    ]);
    const expired = `Bearer ${await key.sign({ ...claimsOf(ann), exp: 1 })}`;
    const forged = await bearer(await signingKey(), ann);
    const foreign = await bearer(await signingKey('other'), ann);
    const profile = `/api/v1/users/${ann}`;
    const as = (authorization: string | undefined, path: string, more: Ask = {}): Ask => ({
      ...more,
      path,
      headers: { ...(authorization !== undefined && { authorization }), ...more.headers },
    });
    const head: Ask = { method: 'head' };
    return {
      'oneself, deprecated': as(me, profile),
      'oneself, with a token that is known': as(me, profile),
      'oneself, in v2': as(me, profile.replace('v1', 'v2')),
      'oneself, only the head': as(me, profile, head),
      'somebody else': as(me, `/api/v1/users/${bob}`),
      'somebody else, as an admin': as(chief, `/api/v1/users/${bob}`),
      'an id that is none': as(me, '/api/v1/users/x'),
      'nobody and an id that is none': as(undefined, '/api/v1/users/x'),
      'all users, as an admin': as(chief, '/api/v1/users'),
      'all users': as(me, '/api/v1/users'),
      nobody: as(undefined, profile),
      'nobody, only the head': as(undefined, profile, head),
      'no bearer token': as('Basic YTpi', profile),
      'no token': as('Bearer nonsense', profile),
      'an expired token': as(expired, profile),
      'a forged token': as(forged, profile),
      'a token of an unknown key': as(foreign, profile),
      'a session that has ended': as(ended, profile),
      'who is gone': as(gone, profile),
      'own orders': as(me, '/api/v1/orders'),
      'own orders, a page': as(me, '/api/v1/orders?limit=2'),
      'an order': as(me, `/api/v1/orders/${bob}`),
      'an order that is not there': as(me, `/api/v1/orders/${ann}`),
      'a payment that cannot be had': as(me, `/api/v1/orders/${bob}/payment`),
      'whatever ETag of oneself': as(me, profile, { headers: { 'if-none-match': '*' } }),
      'oneself for a cohort': as(me, profile, { headers: { 'x-user-group': 'beta' } }),
      'who claims to be somebody else': as(me, profile, { headers: { 'x-user-id': bob } }),
      'the dashboard': as(me, '/api/v1/dashboard'),
      keys: as(undefined, '/.well-known/jwks.json'),
      'public, by somebody': as(me, '/api/v1/products/A1'),
    };
  };
  const isPlainOf = [
    ...['oneself, deprecated', 'oneself, with a token that is known', 'oneself, in v2', 'somebody else'],
    ...['all users, as an admin', 'all users', 'nobody', 'an expired token', 'a session that has ended'],
    ...['own orders, a page', 'an order', 'an order that is not there', 'public, by somebody'],
  ];

  it.each<[string, Options]>([
    ['as they are', {}],
    ['with origins', { http: { origins: ['https://shop.example'] } }],
    ['without sides, behind a proxy', { http: { servedBy: false, proxies: 1 } }],
    ['where nothing is kept', { isKept: false }],
    ['within limits', { rates: { perAddress: loose, perUser: loose, perRoute: { '*': loose } } }],
    ['where lists are shed', { shedListsAt: 0 }],
  ])('%s: each is to the client and in the log as the pipeline answers it', async (_how, options) => {
    const key = await signingKey();
    const { apis, taken, close } = await both({ ...options, key });
    for (const [name, ask] of Object.entries({ ...asks, ...(await asksOf(key)) })) {
      const before = taken();
      const [direct, pipeline] = [await seen(apis[0], ask), await seen(apis[1], ask)];
      const generated = (text: string) => text.replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'made');
      expect([name, generated(JSON.stringify(sorted(direct)))]).toEqual([
        name,
        generated(JSON.stringify(sorted(pipeline))),
      ]);
      if ([...isPlain, ...isPlainOf].includes(name)) expect([name, taken() - before]).toEqual([name, 1]);
    }
    await close();
  });

  it('who has the answer is told so, in every form in which he may say it', async () => {
    const { apis, close } = await both();
    const tag = await etag(apis[0]);
    expect(await etag(apis[1])).toBe(tag);
    for (const headers of [
      { 'if-none-match': tag },
      { 'if-none-match': `"x" , ${tag.slice(2)}` },
      { 'if-none-match': tag, 'cache-control': 'no-cache' },
    ] as Record<string, string>[]) {
      const [direct, pipeline] = [await seen(apis[0], { headers }), await seen(apis[1], { headers })];
      expect(sorted(direct)).toEqual(sorted(pipeline));
      expect(direct.status).toBe('cache-control' in headers ? 200 : 304);
    }
    await close();
  });

  it('who asks too often is refused in the same way, by address and by route', async () => {
    const perRoute = { 'GET /api/v1/products/:sku': { perSecond: 0.01, burst: 2, loopback: true } };
    const { apis, close } = await both({ rates: { ...rates, perRoute } });
    const statuses: number[] = [];
    for (const path of ['A1', 'A2', 'A3', 'A4'].map((sku) => `/api/v1/products/${sku}`)) {
      const [direct, pipeline] = [await seen(apis[0], { path }), await seen(apis[1], { path })];
      expect(sorted(direct)).toEqual(sorted(pipeline));
      statuses.push(direct.status);
    }
    expect(statuses).toEqual([200, 200, 429, 429]);
    await close();
  });
});

const sorted = ({ status, headers, text, line }: Awaited<ReturnType<typeof seen>>) => ({
  ...{ status, text, line: Object.entries(line).sort() },
  headers: Object.entries(headers)
    .filter(([name]) => name !== 'keep-alive')
    .sort(),
});
