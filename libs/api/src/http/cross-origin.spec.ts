import { corsSetting } from '#platform';
import request from 'supertest';
import { edge } from '../testing/edge.js';

const origin = 'https://shop.example';
const product = {
  sku: 'A1',
  description: 'Cup',
  price: { amount: 1, currency: 'GBP' },
  onHand: 1,
  reserved: 0,
};
const inventory = { getProduct: async () => product };
const path = '/api/v1/products/A1';
const asking = (from: string) => ({ Origin: from, 'Access-Control-Request-Method': 'PUT' });

const cors = (headers: Record<string, unknown>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control'));

describe('pages of origins that are named', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  const origins = corsSetting({ CORS_ORIGINS: `${origin}, http://localhost:5173` });
  beforeAll(async () => {
    shop = await edge({ inventory }, { cache: { freshMs: 60_000, staleMs: 0 } }, { origins });
  });
  afterAll(() => shop.app.close());

  const may = {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    vary: expect.stringContaining('Origin'),
  };

  it('may ask what they may do, and remember the answer', async () => {
    const { status, headers } = await request(shop.server).options(path).set(asking(origin));
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      ...may,
      'access-control-max-age': '7200',
      'access-control-allow-headers': expect.stringContaining('Idempotency-Key'),
      'access-control-allow-methods': expect.stringContaining('PUT'),
    });
  });

  it('may read answers, those that were kept and refusals too', async () => {
    const get = (where = path) => request(shop.server).get(where).set({ Origin: origin });
    for (const answer of [await get(), await get(), await get('/api/v1/orders')]) {
      expect(answer.headers).toMatchObject(may);
      expect(answer.headers['access-control-expose-headers']).toContain('Retry-After');
    }
  });

  it.each([
    'https://shop.example.evil.example',
    'https://evil.example',
    'http://shop.example',
    'https://shop.example:8443',
    'null',
  ])('pages of %s are told nothing', async (other) => {
    const asked = await request(shop.server).options(path).set(asking(other));
    const read = await request(shop.server).get(path).set({ Origin: other });
    for (const { headers } of [asked, read])
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(read.headers['vary']).toContain('Origin');
  });
});

it('where no origin is named no answer has headers of CORS, and OPTIONS is refused like any method that a path does not have', async () => {
  const { app, server } = await edge({ inventory }, {}, { origins: corsSetting({}) });
  const asked = await request(server).options(path).set(asking(origin));
  expect([asked.status, cors(asked.headers)]).toEqual([405, []]);
  expect(cors((await request(server).get(path).set({ Origin: origin })).headers)).toEqual([]);
  await app.close();
});

it.each([
  '*',
  'shop.example',
  'https://shop.example/',
  'https://Shop.example',
  'https://shop.example:443',
  'null',
  'ftp://a',
])('the origin %s stops the start: no browser sends it, or everybody does', (CORS_ORIGINS) =>
  expect(() => corsSetting({ CORS_ORIGINS })).toThrow(`CORS_ORIGINS: ${CORS_ORIGINS} is no origin`),
);
