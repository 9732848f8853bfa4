import type { Order, Product, User } from '#contracts';
import request from 'supertest';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';

const price = { amount: 255, currency: 'GBP' };
const product: Product = { sku: 'A1', description: 'Cup', price, onHand: 1, reserved: 0 };

describe('HTTP', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let authorization: string;

  beforeAll(async () => {
    const key = await signingKey();
    authorization = await bearer(key, ann, 'admin');
    const order = { id: ann, status: 'confirmed' } as Order;
    const user = { id: ann, email: 'ann@shop.example' } as User;
    shop = await edge({
      users: {
        jwks: async () => ({ keys: [key.jwk] }),
        register: async () => user,
        getUser: async () => user,
        authenticate: async () => ({ accessToken: 't', expiresIn: 900 }),
      },
      inventory: {
        getProduct: async () => product,
        listProducts: async () => ({ items: [product] }),
        putProduct: async () => product,
      },
      orders: { place: async () => order, findOrder: async () => order },
    });
  });
  afterAll(() => shop.app.close());

  const send = (method: 'get' | 'put' | 'post' | 'delete' | 'patch' | 'options', path: string) =>
    request(shop.server)[method](path).set({ authorization });
  const person = { email: 'ann@shop.example', name: 'Ann', password: 'long enough' };
  const order = { items: [{ sku: 'A1', quantity: 1 }], payment: { token: 'tok_ok' } };

  it.each([
    ['post', '/api/v1/products', 'GET, HEAD'],
    ['delete', '/api/v1/products/A1', 'GET, HEAD, PUT'],
    ['put', '/api/v1/orders', 'GET, HEAD, POST'],
    ['get', '/api/v1/auth/token', 'POST'],
    ['put', `/api/users/${ann}`, 'DELETE, GET, HEAD, PATCH'],
    ['options', '/api/v1/orders', 'GET, HEAD, POST'],
    ['post', '/health/ready', 'GET, HEAD'],
  ] as const)('%s %s is 405, and Allow says what is known there', async (method, path, allow) => {
    const answer = await send(method, path);
    expect(answer.headers.allow).toBe(allow);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });

  it('what is not there for any method is 404, without Allow', async () => {
    const answer = await send('delete', '/api/v1/nothing');
    expect(answer.status).toBe(404);
    expect(answer.headers).not.toHaveProperty('allow');
  });

  it.each([
    ['/api/v1/users', person, `/api/v1/users/${ann}`],
    ['/api/v1/orders', order, `/api/v1/orders/${ann}`],
  ])('who posts to %s is told where to find what was made', async (path, body, location) => {
    const answer = await send('post', path).send(body);
    expect([answer.status, answer.headers.location]).toEqual([201, location]);
    expect((await send('get', location)).status).toBe(200);
  });

  it.each(['/api/v1/products', '/api/v1/products/A1', '/.well-known/jwks.json', `/api/v1/orders/${ann}`])(
    'whoever has %s already is told so in a few bytes',
    async (path) => {
      const first = await send('get', path);
      expect(first.headers.etag).toMatch(/^W\/"/);
      const again = await send('get', path).set('If-None-Match', first.headers.etag as string);
      expect([again.status, again.text]).toEqual([304, '']);
      expect((await send('get', path).set('If-None-Match', 'W/"other"')).status).toBe(200);
    },
  );

  it.each(['/api/v1/products/A1', '/api/v1/nothing'])(
    'whatever a browser makes of %s, it loads and runs nothing, in no frame, and tells nobody',
    async (path) => {
      expect((await send('get', path)).headers).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      });
    },
  );

  it('the catalogue may be kept and asked for again; what belongs to a person is kept by nobody on the way', async () => {
    const kept = async (path: string) => (await send('get', path)).headers['cache-control'];
    expect(await kept('/api/v1/products')).toBe('public, no-cache');
    expect(await kept('/api/v1/products/A1')).toBe('public, no-cache');
    expect(await kept('/api/v1/products/A1?x=1')).toBe('no-store');
    expect(await kept(`/api/v1/orders/${ann}`)).toBe('no-store');
    expect(await kept(`/api/v1/users/${ann}`)).toBe('no-store');
  });

  it('what was sent has no ETag: it may be stored in another form', async () => {
    const put = await send('put', '/api/v1/products/A1').send({ description: 'Cup', price, onHand: 1 });
    expect(put.status).toBe(200);
    expect(put.headers).not.toHaveProperty('etag');
    expect((await send('post', '/api/v1/auth/token').send(person)).headers).not.toHaveProperty('etag');
  });
});
