import type { Order, Payment, Product } from '#contracts';
import { currentContext, type CallContext } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import request from 'supertest';
import { ann, bearer, edge, signingKey, type Ports } from '../testing/edge.js';

const product: Product = {
  sku: 'A1',
  description: 'Cup',
  price: { amount: 1, currency: 'GBP' },
  onHand: 1,
  reserved: 0,
};
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${trace}-00f067aa0ba902b7-01`;

describe('the context of a request', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let seen: CallContext | undefined;
  const ports: Ports = {
    inventory: {
      getProduct: async () => {
        seen = currentContext();
        new Logger('Inventory').log('looked up');
        seen?.servedBy.set('orders', 'monolith').set('inventory', 'extracted');
        return product;
      },
    },
    users: { register: async () => Promise.reject(new Error(`broken in ${currentContext()?.requestId}`)) },
  };

  beforeAll(async () => (shop = await edge(ports)));
  afterAll(() => shop.app.close());

  const get = (headers: Record<string, string> = {}) =>
    request(shop.server).get('/api/v1/products/A1').set(headers);
  const linesOf = (requestId: string) => shop.lines.filter((line) => line.requestId === requestId);

  it('has the id that the client chose, in the modules, in the answer and on every line', async () => {
    const answer = await get({ 'X-Request-Id': 'order-42_b.c' });
    expect(seen?.requestId).toBe('order-42_b.c');
    expect(answer.headers['x-request-id']).toBe('order-42_b.c');
    expect(linesOf('order-42_b.c').map(({ msg }) => msg)).toEqual([
      'looked up',
      'GET /api/v1/products/A1 200',
    ]);
  });

  it.each(['', 'a b', 'x'.repeat(129), '{"a":1}', 'ä'])('does not take %p for an id', async (given) => {
    const answer = await get({ 'X-Request-Id': Buffer.from(given).toString('latin1') });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('survives the reading of a body', async () => {
    const body = { email: 'ann@shop.example', name: 'Ann', password: 'x'.repeat(100) };
    const answer = await request(shop.server)
      .post('/api/v1/users')
      .set('X-Request-Id', 'with-body')
      .send(body);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 500, traceId: 'with-body' });
    expect(JSON.stringify(linesOf('with-body'))).toContain('broken in with-body');
  });

  it('carries a trace on, and reports it', async () => {
    const answer = await get({ traceparent, 'X-Request-Id': 'traced' });
    expect(seen?.traceparent).toBe(traceparent);
    expect(answer.headers['x-request-id']).toBe('traced');
    expect(linesOf('traced').map(({ traceId }) => traceId)).toEqual([trace, trace]);
    const missing = await request(shop.server).get('/api/v1/nothing').set({ traceparent });
    expect(JSON.parse(missing.text).traceId).toBe(trace);
  });

  it.each(['nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${trace}-00f067aa0ba902b7-01`])(
    'does not carry on what is no trace: %s',
    async (given) => {
      await get({ traceparent: given });
      expect(seen?.traceparent).toBeUndefined();
    },
  );

  it('has a deadline', async () => {
    const before = performance.now();
    await get();
    expect(seen?.deadline).toBeGreaterThan(before);
  });

  it.each(['x-user-id', 'x_user_id', 'X.User.Id', 'X-Internal-Token', 'Remote-User', 'x-user-role'])(
    'has no %s of a client, who is whoever he likes there',
    async (name) => {
      await get({ [name]: 'forged', 'X-User-Group': 'beta' });
      expect(seen?.headers).toMatchObject({ 'x-user-group': 'beta' });
      expect(JSON.stringify(seen?.headers)).not.toContain('forged');
    },
  );

  it('tells who worked on it, in order of their names', async () => {
    expect((await get()).headers['x-served-by']).toBe('inventory=extracted, orders=monolith');
    expect((await request(shop.server).get('/health/live')).headers).not.toHaveProperty('x-served-by');
  });

  it('two requests at once do not share one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => get({ 'X-Request-Id': `many-${i}` })),
    );
    expect(answers.map(({ headers }) => headers['x-request-id'])).toEqual(answers.map((_, i) => `many-${i}`));
    for (const i of answers.keys()) expect(linesOf(`many-${i}`)).toHaveLength(2);
  });

  it('the line of a request has no secrets from its query', async () => {
    await request(shop.server).get('/api/v1/products/A1?token=secret').set('X-Request-Id', 'secretive');
    expect(linesOf('secretive')).toEqual([
      expect.objectContaining({ level: 'info', method: 'GET', path: '/api/v1/products/A1', status: 400 }),
    ]);
    expect(JSON.stringify(shop.lines)).not.toContain('token=secret');
  });

  it('nothing says what the server is made of', async () => {
    const { headers } = await get();
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
  });
});

it('modules are told for whom they are asked: nobody, until a guard has let somebody in', async () => {
  const callers: unknown[] = [];
  const note = () => callers.push(currentContext()?.caller);
  const key = await signingKey();
  const order = { id: ann, userId: ann } as Order;
  const { app, server } = await edge({
    inventory: { getProduct: async () => (note(), product) },
    users: { jwks: async () => ({ keys: [key.jwk] }) },
    orders: { getOrder: async () => (note(), order) },
    payments: { getPayment: async () => (note(), {}) as Payment },
  });
  await request(server).get('/api/v1/products/A1').set('Caller', 'e30.e30.e30').set('X-User-Id', ann);
  await request(server)
    .get(`/api/v1/orders/${ann}/payment`)
    .set('Authorization', await bearer(key, ann));
  expect(callers).toEqual([
    { program: 'gateway', as: 'client' },
    { program: 'gateway', as: 'client', actor: { id: ann, role: 'user', version: 0 } },
    // A payment does not name its user; its order does.
    { program: 'gateway', as: 'itself' },
  ]);
  await app.close();
});

it('who worked on a request is not told where that is switched off', async () => {
  const getProduct = async () => {
    currentContext()?.servedBy.set('inventory', 'extracted');
    return product;
  };
  const { app, server } = await edge({ inventory: { getProduct } }, {}, { servedBy: false });
  const answer = await request(server).get('/api/v1/products/A1');
  expect(answer.status).toBe(200);
  expect(answer.headers).not.toHaveProperty('x-served-by');
  await app.close();
});
