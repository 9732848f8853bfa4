import type { Page, PlaceOrder, Product, PutProduct, Register, User } from '#contracts';
import request from 'supertest';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';

const price = { amount: 255, currency: 'GBP' };
const product: Product = { sku: 'A1', description: 'Cup', price, onHand: 1, reserved: 0 };

describe('input', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let admin: string;
  const calls: { page?: Page; sku?: string; register?: Register; put?: PutProduct; place?: PlaceOrder } = {};

  beforeAll(async () => {
    const key = await signingKey();
    admin = await bearer(key, ann, 'admin');
    shop = await edge({
      users: {
        jwks: async () => ({ keys: [key.jwk] }),
        register: async (input) => {
          calls.register = input;
          return { ...input, role: 'user', profile: {}, createdAt: '' } satisfies User & Register;
        },
        getUser: async ({ id }) => ({ id }) as User,
      },
      inventory: {
        listProducts: async (page) => {
          calls.page = page;
          return { items: [product] };
        },
        getProduct: async ({ sku }) => {
          calls.sku = sku;
          return product;
        },
        putProduct: async (put) => {
          calls.put = put;
          return product;
        },
      },
      orders: {
        place: async (input) => {
          calls.place = input;
          throw new Error('not wanted here');
        },
      },
    });
  });
  afterAll(() => shop.app.close());
  beforeEach(() => Object.keys(calls).forEach((name) => delete calls[name as keyof typeof calls]));

  const send = (method: 'post' | 'put', path: string, body: object) =>
    request(shop.server)[method](path).set('Authorization', admin).send(body);
  const person = { email: 'Ann@Shop.Example ', name: 'Ann', password: 'long enough' };

  it('a person is registered under an id of ours; password and profile do not come back', async () => {
    const answer = await send('post', '/api/v1/users', person);
    expect(answer.status).toBe(201);
    expect(calls.register).toEqual({ ...person, email: 'ann@shop.example', id: expect.any(String) });
    expect(answer.body).toEqual({
      id: calls.register?.id,
      email: 'ann@shop.example',
      name: 'Ann',
      role: 'user',
      createdAt: '',
    });
  });

  it.each([
    ['an id of its own', { ...person, id: ann }],
    ['a role', { ...person, role: 'admin' }],
    ['no e-mail address', { ...person, email: 'ann' }],
    ['a short password', { ...person, password: 'short' }],
    ['a list for a name', { ...person, name: ['Ann'] }],
    ['nothing at all', {}],
    ['a list', [person]],
  ])('a registration with %s is refused', async (_what, body) => {
    const answer = await send('post', '/api/v1/users', body);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(calls.register).toBeUndefined();
  });

  it('unknown fields are refused deep inside too, and wrong ones are named', async () => {
    const put = { description: 'Cup', price: { ...price, vat: 20 }, onHand: -1 };
    const answer = await send('put', '/api/v1/products/A1', put);
    expect(JSON.parse(answer.text).detail).toMatch(/price\..*vat should not exist/);
    expect(JSON.parse(answer.text).detail).toMatch(/onHand must not be less than 0/);
    expect(calls.put).toBeUndefined();
  });

  it('the customer of an order is never taken from the body', async () => {
    const order = { items: [{ sku: 'a1', quantity: 1 }], payment: { token: 'tok_ok' }, userId: ann };
    expect((await send('post', '/api/v1/orders', order)).status).toBe(400);
    expect(calls.place).toBeUndefined();
  });

  it('an order of 1,000 lines fits', async () => {
    const items = Array.from({ length: 1_000 }, (_, i) => ({
      sku: `${'x'.repeat(27)}-${1_000 + i}`,
      quantity: 2_147_483_647,
    }));
    await send('post', '/api/v1/orders', { items, payment: { token: 't'.repeat(200) } });
    expect(calls.place?.items).toHaveLength(1_000);
  });

  it('a SKU is spelled in one way, wherever it stands', async () => {
    await request(shop.server).get('/api/v1/products/%20a1');
    expect(calls.sku).toBe('A1');
    await send('post', '/api/v1/orders', {
      items: [{ sku: ' b2', quantity: 1 }],
      payment: { token: 'tok_ok' },
    });
    expect(calls.place).toMatchObject({ items: [{ sku: 'B2' }] });
  });

  it.each(['not-a-uuid', '1', `${ann}0`])(
    'the path id %s is refused before anything is asked',
    async (id) => {
      const answer = await request(shop.server).get(`/api/v1/users/${id}`).set('Authorization', admin);
      expect(JSON.parse(answer.text)).toMatchObject({ status: 400, code: 'validation_failed' });
    },
  );

  it('a path that is no text is refused', async () => {
    expect((await request(shop.server).get('/api/v1/products/%FF')).status).toBe(400);
  });

  const list = (query: string) => request(shop.server).get(`/api/v1/products?${query}`);

  it('numbers in a query are numbers', async () => {
    const answer = await list('limit=7&after=A0');
    expect(answer.body).toEqual({
      items: [expect.objectContaining({ sku: 'A1', available: 1 })],
      next: null,
    });
    expect(calls.page).toEqual({ limit: 7, after: 'A0' });
    await list('after=7');
    expect(calls.page).toEqual({ after: '7' });
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=seven',
    'limit=',
    'limit=1&limit=2',
    'limit=1e1',
    'offset=3',
    'after[x]=1',
    '__proto__=1',
  ])('the query %s is refused', async (query) => {
    expect((await list(query)).status).toBe(400);
    expect(calls.page).toBeUndefined();
  });

  it('a query where none is taken is refused, not ignored', async () => {
    const put = { description: 'Cup', price, onHand: 1 };
    const answer = await send('put', '/api/v1/products/A1?dryRun=true', put);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 400, detail: expect.stringContaining('dryRun') });
    expect(calls.put).toBeUndefined();
  });
});
