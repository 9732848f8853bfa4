import { BySku, DomainError, UnavailableError, type Page, type Product } from '#contracts';
import { routeOf, Routes } from '#strangler';
import request from 'supertest';
import { until } from '../../../../test/support/until.js';
import { BoundedAdapter, type Front } from '../http/bounded-adapter.js';
import type { InventoryPort } from '../ports.js';
import { edge } from '../testing/edge.js';

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

const minute = 60_000;
const rates = { perAddress: { perSecond: 0.01, burst: 3, loopback: true } };
type Options = {
  rates?: object;
  http?: Parameters<typeof edge>[2];
  shedListsAt?: number;
  servedBy?: boolean;
};

/** The API as it is, and without what answers plain reads before its pipeline. */
async function both({ http = {}, ...api }: Options = {}) {
  const open = async (adapter: BoundedAdapter) => {
    const routes = new Routes();
    const cohorts = [{ header: 'x-user-group', equals: 'beta' }];
    routes.replace({ inventory: { ...routeOf('shadow'), cohorts } });
    const cache = { freshMs: minute, staleMs: minute, ways: routes };
    return edge({ inventory }, { ...api, cache }, { ...http, adapter });
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
  return { status, headers: told, text, line: { ...line, time: '', ms: 0 } };
}

const etag = async ({ server }: Api) =>
  (await request(server).get('/api/v1/products/A1')).headers['etag'] as string;

describe('plain reads, answered before Express', () => {
  const asks: Record<string, Ask> = {
    'what is there': {},
    'what is kept': {},
    'a list': { path: '/api/v1/products' },
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
  ];

  it.each<[string, Options]>([
    ['as they are', {}],
    ['with origins', { http: { origins: ['https://shop.example'] } }],
    ['without sides, behind a proxy', { http: { servedBy: false, proxies: 1 } }],
  ])('%s: each is to the client and in the log as the pipeline answers it', async (_how, options) => {
    const { apis, taken, close } = await both(options);
    for (const [name, ask] of Object.entries(asks)) {
      const before = taken();
      const [direct, pipeline] = [await seen(apis[0], ask), await seen(apis[1], ask)];
      const generated = (text: string) => text.replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'made');
      expect([name, generated(JSON.stringify(sorted(direct)))]).toEqual([
        name,
        generated(JSON.stringify(sorted(pipeline))),
      ]);
      if (isPlain.includes(name)) expect([name, taken() - before]).toEqual([name, 1]);
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
