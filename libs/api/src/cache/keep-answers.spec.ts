import { UnavailableError } from 'nestjs-strangler/contract';
import { inventory as contract, type Product } from '#contracts';
import { routeOf, Routes } from '#strangler/routes/routes';
import request from 'supertest';
import { pause, until } from '../../../../test/support/until.js';
import type { InventoryPort } from '../ports.js';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';
import { cacheGauges } from './cache-gauges.js';
import { PublicAnswers, type CacheTimes } from './public-answers.js';

const minute = 60_000;
const productOf = (sku: string, onHand = 1): Product => ({
  ...{ sku, description: 'Cup', price: { amount: 255, currency: 'GBP' } },
  ...{ onHand, reserved: 0 },
});

describe('answers that are the same for everybody', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let routes: Routes;
  let authorization: string;
  /** What the inventory says; it counts how often it is asked. */
  let answer: InventoryPort['getProduct'];
  let asked: number;

  async function open(times: CacheTimes): Promise<void> {
    const key = await signingKey();
    authorization = await bearer(key, ann, 'admin');
    routes = new Routes();
    asked = 0;
    answer = async ({ sku }) => productOf(sku);
    const inventory: Partial<InventoryPort> = {
      getProduct: (input) => (asked++, answer(input)),
      listProducts: async () => (asked++, { items: [await answer({ sku: 'A1' })] }),
      putProduct: async (input) => productOf(input.sku, input.onHand),
    };
    const users = { jwks: async () => ({ keys: [key.jwk] }) };
    shop = await edge({ users, inventory }, { cache: { ...times, ways: routes } });
  }
  afterEach(() => shop.app.close());

  const get = (path = '/api/v1/products/A1', headers = {}) => request(shop.server).get(path).set(headers);
  const away = () => Promise.reject(new UnavailableError('inventory', 'away'));
  /** Every answer is to be asked for again. */
  const always = { freshMs: 1, staleMs: minute };
  const old = () => pause(10);
  const hasAsked = () => until('the inventory is asked', () => asked > 0 || undefined);

  it('are asked for once, however many want them at the same time, and then no more', async () => {
    await open({ freshMs: minute, staleMs: minute });
    let tell = (_product: Product): void => undefined;
    answer = () => new Promise((resolve) => (tell = resolve));
    const all = Array.from({ length: 9 }, () => get().then(({ body }) => body as unknown));
    await hasAsked();
    tell(productOf('A1', 7));
    for (const body of await Promise.all(all)) expect(body).toMatchObject({ sku: 'A1', available: 7 });
    expect((await get()).body).toMatchObject({ available: 7 });
    expect(asked).toBe(1);
    const { hits, misses, stale, entries } = shop.app.get(PublicAnswers).figures;
    expect({ all: hits + misses, stale, entries }).toEqual({ all: 10, stale: 0, entries: 1 });
    expect(hits).toBeGreaterThan(0);
    const told = await cacheGauges(shop.app).read();
    expect(told.api_cache_requests).toContainEqual({ labels: { result: 'hit' }, value: hits });
  });

  it('say how old they are, and have the ETag that they have without being kept', async () => {
    await open({ freshMs: minute, staleMs: minute });
    const from = performance.now();
    const [first, kept] = [await get(), await get()];
    expect(Number(kept.headers['age'])).toBeLessThanOrEqual((performance.now() - from) / 1_000);
    expect(kept.headers).toMatchObject({
      etag: first.headers.etag as string,
      age: expect.stringMatching(/^\d+$/),
      'cache-control': 'public, no-cache',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(kept.text).toBe(first.text);
    expect(kept.headers['x-request-id']).toBeDefined();
    const again = await get(undefined, { 'If-None-Match': first.headers.etag as string });
    expect([again.status, again.text]).toEqual([304, '']);
    const head = await request(shop.server).head('/api/v1/products/A1');
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      200,
      undefined,
      String(first.text.length),
    ]);
    expect(asked).toBe(1);
  });

  it('one that is fresh no more is asked for again', async () => {
    await open(always);
    await get();
    await old();
    answer = async ({ sku }) => productOf(sku, 3);
    expect((await get()).body).toMatchObject({ available: 3 });
  });

  it('while the module is away the last one is given, and said to be stale', async () => {
    await open(always);
    const first = await get();
    expect(first.headers).not.toHaveProperty('x-served-stale');
    await old();
    answer = away;
    const stale = await get();
    expect([stale.status, stale.headers['x-served-stale'], stale.text]).toEqual([200, 'true', first.text]);
    expect((await get('/api/v1/products/B2')).status).toBe(503);
    const { api_cache_requests: told, api_cache_bytes: bytes } = await cacheGauges(shop.app).read();
    expect(told.map(({ labels, value }) => [labels.result, value])).toEqual([
      ['hit', 0],
      ['miss', 3],
      ['stale', 1],
    ]);
    expect(bytes[0]!.value).toBeGreaterThan(first.text.length);
    await old();
    answer = async ({ sku }) => productOf(sku, 9);
    const back = await get();
    expect(back.body).toMatchObject({ available: 9 });
    expect(back.headers).not.toHaveProperty('x-served-stale');
  });

  it('one that is too old stands in for nothing', async () => {
    await open({ freshMs: 1, staleMs: 1 });
    await get();
    await old();
    answer = away;
    expect((await get()).status).toBe(503);
  });

  it('what is there no more is 404, not stale; and an error is not kept', async () => {
    await open(always);
    await get();
    await old();
    answer = () => Promise.reject(contract.error('getProduct', 'not_found'));
    expect((await get()).status).toBe(404);
    answer = away;
    expect((await get()).status).toBe(503);
    answer = async ({ sku }) => productOf(sku);
    expect((await get()).status).toBe(200);
  });

  const put = (path: string) =>
    request(shop.server)
      .put(path)
      .set({ authorization })
      .send({ description: 'Cup', price: { amount: 255, currency: 'GBP' }, onHand: 5 });

  it.each(['/api/v1/products/A1', '/api/v1/products/%41%31', '/api/v1/Products/A1/'])(
    'what was changed by %s is seen at once, in lists too',
    async (path) => {
      await open({ freshMs: minute, staleMs: minute });
      for (const url of ['/api/v1/products/A1', '/api/v1/products?limit=5', '/api/v1/products/B2'])
        await get(url);
      expect((await put(path)).status).toBe(200);
      answer = async ({ sku }) => productOf(sku, 5);
      expect((await get()).body).toMatchObject({ available: 5 });
      expect((await get('/api/v1/products?limit=5')).body).toMatchObject({ items: [{ available: 5 }] });
      expect((await get('/api/v1/products/B2')).body).toMatchObject({ available: 1 });
    },
  );

  it('an answer that was on its way when something was changed is not kept', async () => {
    await open({ freshMs: minute, staleMs: minute });
    let tell = (_product: Product): void => undefined;
    answer = () => new Promise((resolve) => (tell = resolve));
    const before = get().then(({ body }) => body as unknown);
    await hasAsked();
    await put('/api/v1/products/A1');
    tell(productOf('A1', 1));
    expect(await before).toMatchObject({ available: 1 });
    answer = async ({ sku }) => productOf(sku, 5);
    expect((await get()).body).toMatchObject({ available: 5 });
  });

  it('what is known to have changed stands in for nothing, also when it had run out before', async () => {
    await open(always);
    await get();
    await old();
    await put('/api/v1/products/A1');
    answer = away;
    expect((await get()).status).toBe(503);
  });

  it('what a module has said before its calls go another way is asked for again; it still stands in', async () => {
    await open({ freshMs: minute, staleMs: minute });
    routes.replace({ inventory: routeOf('monolith') });
    await get();
    routes.replace({ inventory: { ...routeOf('extracted'), version: 1 } });
    answer = away;
    expect((await get()).headers['x-served-stale']).toBe('true');
    routes.replace({ inventory: { ...routeOf('monolith'), version: 2 } });
    answer = async ({ sku }) => productOf(sku, 2);
    expect((await get()).body).toMatchObject({ available: 2 });
    routes.replace({ inventory: { ...routeOf('monolith'), version: 2 }, orders: routeOf('extracted') });
    await get();
    expect(asked).toBe(3);
  });

  it('what a module has said is asked for again when its version changes, though its calls go where they went', async () => {
    await open({ freshMs: minute, staleMs: minute });
    routes.replace({ inventory: routeOf('monolith') });
    await get();
    await get();
    expect(asked).toBe(1);
    routes.replace({ inventory: { ...routeOf('monolith'), version: 1 } });
    await get();
    expect(asked).toBe(2);
  });

  it('what one shop has said, or is about to say, stands in for nothing of another one', async () => {
    await open(always);
    const shopIs = (name: string) => routes.join({ shop: name, database: 'x', since: null, modules: [] });
    shopIs('one');
    await get();
    let tell = (_product: Product): void => undefined;
    asked = 0;
    answer = () => new Promise((resolve) => (tell = resolve));
    await old();
    const waits = get().then(({ body }) => body as unknown);
    await hasAsked();
    shopIs('other');
    tell(productOf('A1'));
    await waits;
    await old();
    answer = away;
    expect((await get()).status).toBe(503);
  });

  it('who belongs to a cohort is answered by its side', async () => {
    await open({ freshMs: minute, staleMs: minute });
    const cohorts = [{ header: 'x-user-group', equals: 'beta' }];
    routes.replace({ inventory: { ...routeOf('shadow'), cohorts } });
    await get();
    answer = async ({ sku }) => productOf(sku, 4);
    expect((await get(undefined, { 'X-User-Group': 'beta' })).body).toMatchObject({ available: 4 });
    expect((await get()).body).toMatchObject({ available: 1 });
  });

  it('what is asked for wrongly is refused as ever', async () => {
    await open({ freshMs: minute, staleMs: minute });
    await get();
    expect((await get('/api/v1/products/A1?x=1')).status).toBe(400);
    expect((await get('/api/v1/products?limit=0')).status).toBe(400);
    expect((await request(shop.server).delete('/api/v1/products/A1')).status).toBe(405);
  });
});

it('made-up spellings of a path do not fill the memory with keys', async () => {
  const answers = new PublicAnswers({ freshMs: minute, staleMs: minute });
  const make = async () => ({ body: '{}', length: 2, etag: '""', route: '/api/v1/products/:sku' });
  for (let i = 0; i < 60_000; i++)
    await answers.fetch(`/api/v1/products/A1?&${'&'.repeat(i % 7)}${i}`, [], make);
  expect(answers.figures.entries).toBeLessThanOrEqual(50_000);
});
