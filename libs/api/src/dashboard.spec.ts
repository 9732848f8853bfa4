import { currentContext } from 'nestjs-strangler';
import { UnavailableError } from 'nestjs-strangler/contract';
import { type Order, type Product, type User } from '#contracts';
import request from 'supertest';
import { Logger } from '@nestjs/common';
import { ann, bearer, edge, signingKey, type Ports } from './testing/edge.js';

const price = { amount: 255, currency: 'GBP' };
const product = (sku: string, onHand = 1): Product => ({
  sku,
  description: 'Cup',
  price,
  onHand,
  reserved: 0,
});
const user = { id: ann, email: 'ann@shop.example', name: 'Ann Lee', role: 'user' } as User;
const order = {
  id: ann,
  userId: ann,
  status: 'confirmed',
  items: [{ sku: 'B', quantity: 1, unitPrice: price }],
};

describe('the dashboard', () => {
  let shop: Awaited<ReturnType<typeof edge>> | undefined;
  afterEach(async () => {
    await shop?.app.close();
    jest.restoreAllMocks();
  });

  async function dashboard(change: Ports = {}) {
    const key = await signingKey();
    shop = await edge({
      users: { jwks: async () => ({ keys: [key.jwk] }), getUser: async () => user, ...change.users },
      orders: {
        listOrders: async () => ({ items: [order as Order] }),
        summary: async () => ({ userId: ann, sales: [], products: [] }),
        ...change.orders,
      },
      inventory: {
        listProducts: async () => ({ items: [product('A'), product('B'), product('C', 0), product('D')] }),
        ...change.inventory,
      },
    });
    return request(shop.server)
      .get('/api/v1/dashboard')
      .set({ authorization: await bearer(key, ann) });
  }

  it('has oneself, the latest orders, and what is there and was not ordered', async () => {
    const { status, body, headers } = await dashboard();
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({ user: { id: ann, name: 'Ann Lee' }, orders: [{ id: ann }], errors: [] });
    expect((body as { recommendations: Product[] }).recommendations.map(({ sku }) => sku)).toEqual([
      'A',
      'D',
    ]);
  });

  it('begins with what was bought most, if it is there', async () => {
    const products = ['B', 'C', 'A'].map((sku) => ({ sku, quantity: 2 }));
    const { body } = await dashboard({
      orders: { summary: async () => ({ userId: ann, sales: [], products }) },
      inventory: { getProduct: async ({ sku }) => product(sku, sku === 'C' ? 0 : 1) },
    });
    const { recommendations } = body as { recommendations: Product[] };
    expect(recommendations.map(({ sku }) => sku)).toEqual(['B', 'A', 'D']);
  });

  it('does without what was bought most, where that is not told', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { body } = await dashboard({ orders: { summary: never } });
    expect(body).toMatchObject({ recommendations: [{ sku: 'A' }, { sku: 'D' }], errors: [] });
  });

  it('a module that is away leaves its part out, and no other', async () => {
    const away = () =>
      Promise.reject(new UnavailableError('orders', 'nobody serves orders on the side extracted'));
    const { status, body } = await dashboard({ orders: { listOrders: away } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: { id: ann }, orders: null });
    expect((body as { recommendations: Product[] }).recommendations.map(({ sku }) => sku)).toEqual([
      'A',
      'B',
      'D',
    ]);
    // Where a module is served is nobody's business.
    const errors = [{ part: 'orders', code: 'unavailable', detail: 'cannot be reached just now' }];
    expect(body).toMatchObject({ errors });
  });

  it('a module that never answers is not waited for', async () => {
    let patience = Infinity;
    const never = () => {
      patience = (currentContext()?.deadline ?? Infinity) - performance.now();
      return new Promise<never>(() => undefined);
    };
    const { body } = await dashboard({ inventory: { listProducts: never } });
    expect(body).toMatchObject({ user: { id: ann }, orders: [{ id: ann }], recommendations: null });
    expect(body).toMatchObject({ errors: [{ part: 'recommendations', code: 'unavailable' }] });
    // It is told how long it is waited for.
    expect(patience).toBeLessThanOrEqual(1_000);
  });

  it('a fault is logged, and told without its words', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    const fault = () => Promise.reject(new Error('column "secret" does not exist'));
    const { body, text } = await dashboard({ users: { getUser: fault } });
    expect(body).toMatchObject({ user: null, errors: [{ part: 'user', code: 'internal' }] });
    expect(text).not.toContain('secret');
    expect(logged).toHaveBeenCalled();
  });

  it('asks all at once', async () => {
    let open = 0;
    let most = 0;
    const slowly = async <T>(value: T): Promise<T> => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return value;
    };
    await dashboard({
      users: { getUser: () => slowly(user) },
      orders: { listOrders: () => slowly({ items: [] }) },
      inventory: { listProducts: () => slowly({ items: [] }) },
    });
    expect(most).toBe(3);
  });

  it('is for who has logged in', async () => {
    await dashboard();
    expect((await request(shop!.server).get('/api/v1/dashboard')).status).toBe(401);
  });
});
