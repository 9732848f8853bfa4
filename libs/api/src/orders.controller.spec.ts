import { OutcomeUnknownError } from 'nestjs-strangler/contract';
import { orders, payments, type Order, type Payment, type PlaceOrder } from '#contracts';
import request from 'supertest';
import { ann, bearer, bob, edge, signingKey } from './testing/edge.js';

const id = '01890a5d-ac96-774b-bcce-b302099a8100';
const gbp = (amount: number) => ({ amount, currency: 'GBP' });
const order: Order = {
  id,
  userId: ann,
  status: 'confirmed',
  items: [{ sku: 'A1', quantity: 2, unitPrice: gbp(255) }],
  total: gbp(510),
  paymentId: '01890a5d-ac96-774b-bcce-b302099a8200',
  customerEmail: 'ann@shop.example',
  createdAt: '2010-12-01T08:26:00.123456Z',
};
const payment: Payment = {
  id: order.paymentId as string,
  orderId: id,
  amount: gbp(510),
  status: 'charged',
  createdAt: order.createdAt,
};
const body = { items: [{ sku: 'A1', quantity: 2 }], payment: { token: 'tok_ok' } };

describe('orders', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let who: Record<'ann' | 'bob' | 'admin', string>;
  const placed: { input: PlaceOrder; commandId: string | undefined }[] = [];
  const cancelled: { userId: string; commandId: string | undefined }[] = [];
  let failure: Error | undefined;

  beforeAll(async () => {
    const key = await signingKey();
    who = {
      ann: await bearer(key, ann),
      bob: await bearer(key, bob),
      admin: await bearer(key, bob, 'admin'),
    };
    const found = (yes: boolean): Promise<Order> =>
      yes ? Promise.resolve(order) : Promise.reject(orders.error('getOrder', 'not_found'));
    shop = await edge({
      users: { jwks: async () => ({ keys: [key.jwk] }) },
      orders: {
        place: async (input, options) => {
          placed.push({ input, commandId: options?.commandId });
          if (failure) throw failure;
          return order;
        },
        getOrder: ({ userId, id: asked }) => found(userId === ann && asked === id),
        findOrder: ({ id: asked }) => found(asked === id),
        listOrders: async ({ userId }) => ({ items: userId === ann ? [order] : [] }),
        listAllOrders: async ({ limit }) => ({ items: [order], next: String(limit) }),
        cancel: async ({ userId }, options) => {
          cancelled.push({ userId, commandId: options?.commandId });
          return { ...order, status: 'cancelled' };
        },
      },
      payments: {
        getPayment: ({ orderId }) =>
          orderId === id
            ? Promise.resolve(payment)
            : Promise.reject(payments.error('getPayment', 'not_found')),
      },
    });
  });
  afterAll(() => shop.app.close());
  beforeEach(() => {
    placed.length = cancelled.length = 0;
    failure = undefined;
  });

  const place = (name: keyof typeof who, key?: string) =>
    request(shop.server)
      .post('/api/v1/orders')
      .set({ authorization: who[name], ...(key !== undefined && { 'Idempotency-Key': key }) })
      .send(body);
  const get = (name: keyof typeof who, path: string) =>
    request(shop.server).get(`/api/v1/orders${path}`).set({ authorization: who[name] });
  const cancel = (name: keyof typeof who) =>
    request(shop.server).post(`/api/v1/orders/${id}/cancel`).set({ authorization: who[name] });

  it('is placed for the caller', async () => {
    const answer = await place('ann', 'k1');
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual(order);
    expect(placed[0]?.input).toEqual({ ...body, userId: ann });
  });

  it('the same key is the same command; another key, or the same of someone else, is not', async () => {
    for (const [name, key] of [
      ['ann', 'k1'],
      ['ann', 'k1'],
      ['ann', 'k2'],
      ['bob', 'k1'],
    ] as const)
      await place(name, key);
    const [first, again, other, foreign] = placed.map(({ commandId }) => commandId);
    expect(again).toBe(first);
    expect(new Set([first, other, foreign]).size).toBe(3);
  });

  it('a command id stays the same in all versions of the shop', async () => {
    await place('ann', 'k1');
    expect(placed[0]?.commandId).toBe('92fdbc55-dc03-596a-b941-9558a1baeb7a');
  });

  it('without a key one is made, told, and good for asking again', async () => {
    const { headers } = await place('ann');
    expect(headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    await place('ann', headers['idempotency-key']);
    expect(placed[1]?.commandId).toBe(placed[0]?.commandId);
    await place('ann');
    expect(placed[2]?.commandId).not.toBe(placed[0]?.commandId);
  });

  it('a made-up key is told when the outcome is unknown: it is needed most then', async () => {
    failure = new OutcomeUnknownError('orders', 'place', 'c');
    const answer = await place('ann');
    expect(answer.status).toBe(504);
    expect(answer.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['', 'x'.repeat(256), 'schön'])('the key %p is refused, and nothing is ordered', async (key) => {
    expect((await place('ann', Buffer.from(key).toString('latin1'))).status).toBe(400);
    expect(placed).toHaveLength(0);
  });

  it('a key of 255 characters is taken', async () => {
    expect((await place('ann', '~'.repeat(255))).status).toBe(201);
  });

  it('an order is seen by its owner and by admins; to others it does not exist', async () => {
    for (const path of [`/${id}`, `/${id}/payment`]) {
      const statuses = [await get('ann', path), await get('admin', path), await get('bob', path)].map(
        (a) => a.status,
      );
      expect(statuses).toEqual([200, 200, 404]);
    }
  });

  it('a foreign order looks like one that does not exist', async () => {
    const foreign = JSON.parse((await get('bob', `/${id}`).set('X-Request-Id', 'r')).text);
    const missing = JSON.parse((await get('bob', `/${ann}`).set('X-Request-Id', 'r')).text);
    expect(foreign).toEqual(missing);
  });

  it('lists are one’s own, and all of them for admins', async () => {
    expect((await get('ann', '')).body).toEqual({ items: [order], next: null });
    expect((await get('bob', '')).body).toEqual({ items: [], next: null });
    expect((await get('admin', '?limit=5')).body).toEqual({ items: [order], next: '5' });
  });

  it('is cancelled for its owner, by owner or admin, as one command however often', async () => {
    const answers = [await cancel('ann'), await cancel('ann'), await cancel('admin')];
    expect(answers.map(({ status, body: { status: state } }) => [status, state])).toEqual(
      Array(3).fill([200, 'cancelled']),
    );
    expect(new Set(cancelled.map(({ commandId }) => commandId)).size).toBe(1);
    expect(cancelled.map(({ userId }) => userId)).toEqual([ann, ann, ann]);
  });

  it('is not cancelled by someone else', async () => {
    expect((await cancel('bob')).status).toBe(404);
    expect(cancelled).toHaveLength(0);
  });

  it('the payment is told as the API says', async () => {
    expect((await get('ann', `/${id}/payment`)).body).toEqual({
      id: payment.id,
      orderId: id,
      amount: gbp(510),
      status: 'charged',
    });
  });
});
