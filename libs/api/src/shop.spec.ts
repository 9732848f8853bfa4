import { inventory, orders, payments, users, type Order, type Product } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { dataSourceOptions } from '#platform';
import { portToken, StranglerModule, type Port } from 'nestjs-strangler';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { v7 as uuidv7 } from 'uuid';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { ApiModule } from './api.module.js';
import { configureHttp } from './configure-http.js';
import { BoundedAdapter } from './http/bounded-adapter.js';

const contracts = [users, inventory, payments, orders];
const price = { amount: 255, currency: 'GBP' };
const adminId = uuidv7();

describe('the shop over HTTP, with the real modules', () => {
  let database: TestDatabase;
  let app: NestExpressApplication;
  let ann: { id: string; authorization: string };
  let bob: { id: string; authorization: string };
  let admin: { authorization: string };

  beforeAll(async () => {
    database = await freshDatabase();
    app = await startShop(database.url);
    ann = await register('ann@shop.example', 'Ann Mary Lee');
    bob = await register('bob@shop.example', 'Bob');
    admin = await makeAdmin();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const http = () => request(app.getHttpServer());
  const login = async (email: string) => {
    const { body } = await http().post('/api/v1/auth/token').send({ email, password: 'a long password' });
    return `Bearer ${(body as { accessToken: string }).accessToken}`;
  };

  async function register(email: string, name: string) {
    const { body } = await http().post('/api/v1/users').send({ email, name, password: 'a long password' });
    return { id: (body as { id: string }).id, authorization: await login(email) };
  }

  /** Registered like anyone else; the role is given by the operator. */
  async function makeAdmin() {
    const email = 'admin@shop.example';
    const port = app.get<Port<typeof users>>(portToken(users));
    const hash = await database.query<{ hash: string }>(
      'select password_hash as hash from users.account limit 1',
    );
    const passwordHash = hash[0]?.hash as string;
    await port.importUser({ id: adminId, email, name: 'Operator', role: 'admin', profile: {}, passwordHash });
    return { authorization: await login(email) };
  }

  const stock = (sku: string, onHand: number) =>
    http()
      .put(`/api/v1/products/${sku}`)
      .set(admin)
      .send({ description: `Cup ${sku}`, price, onHand });
  const available = async (sku: string) =>
    ((await http().get(`/api/v1/products/${sku}`)).body as { available: number }).available;
  const order = (who: { authorization: string }, items: object[], token = 'tok_ok', key: string = uuidv7()) =>
    http()
      .post('/api/v1/orders')
      .set({ authorization: who.authorization, 'Idempotency-Key': key })
      .send({ items, payment: { token } });
  const problem = (answer: request.Response) => JSON.parse(answer.text) as { status: number; code: string };

  it('a user sees and changes the own account, in both versions', async () => {
    const path = `/api/v1/users/${ann.id}`;
    const seen = await http().get(path).set({ authorization: ann.authorization });
    expect(seen.body).toEqual({
      id: ann.id,
      email: 'ann@shop.example',
      name: 'Ann Mary Lee',
      role: 'user',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    const taken = await http()
      .patch(path)
      .set({ authorization: ann.authorization })
      .send({ email: 'BOB@shop.example', password: 'a long password' });
    expect(problem(taken)).toMatchObject({ status: 409, code: 'email_taken' });
    const changed = await http()
      .patch(`/api/v2/users/${ann.id}`)
      .set({ authorization: ann.authorization })
      .send({ name: 'Anna Lee' });
    expect(changed.body).toMatchObject({ firstName: 'Anna', lastName: 'Lee', profile: {} });
  });

  it('a wrong password and an unknown address are refused alike', async () => {
    const attempt = async (email: string) => {
      const login = { email, password: 'a wrong password' };
      return problem(await http().post('/api/v1/auth/token').set('X-Request-Id', 'login').send(login));
    };
    expect(await attempt('bob@shop.example')).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(await attempt('nobody@shop.example')).toEqual(await attempt('bob@shop.example'));
  });

  it('an address is registered once', async () => {
    const again = { email: ' Bob@Shop.example', name: 'Bob', password: 'a long password' };
    expect(problem(await http().post('/api/v1/users').send(again))).toMatchObject({
      status: 409,
      code: 'email_taken',
    });
  });

  it('the published keys verify the tokens, and nothing of them is private', async () => {
    const { body } = await http().get('/.well-known/jwks.json');
    expect(body).toEqual({ keys: [expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256' })] });
    expect(JSON.stringify(body)).not.toContain('"d":');
  });

  it('admins list users page by page', async () => {
    const first = await http().get('/api/v1/users?limit=2').set(admin);
    const page = first.body as { items: { id: string }[]; next: string };
    const second = await http().get(`/api/v1/users?limit=2&after=${page.next}`).set(admin);
    const rest = second.body as typeof page;
    expect([...page.items, ...rest.items].map(({ id }) => id).sort()).toEqual(
      [ann.id, bob.id, adminId].sort(),
    );
    expect(rest.next).toBeNull();
  });

  it('products are put, listed, restocked', async () => {
    expect((await stock('p-1', 3)).body).toEqual({ sku: 'P-1', description: 'Cup p-1', price, available: 3 });
    const restocked = await http().post('/api/v1/products/p-1/restock').set(admin).send({ quantity: 4 });
    expect(restocked.body).toMatchObject({ sku: 'P-1', available: 7 });
    const list = (await http().get('/api/v1/products')).body as { items: Product[] };
    expect(list.items).toContainEqual({ sku: 'P-1', description: 'Cup p-1', price, available: 7 });
    expect(problem(await http().get('/api/v1/products/none'))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
  });

  it('a restock that is sent twice adds once', async () => {
    await stock('P-2', 0);
    const send = () =>
      http()
        .post('/api/v1/products/P-2/restock')
        .set({ ...admin, 'Idempotency-Key': 'delivery-1' })
        .send({ quantity: 5 });
    await Promise.all([send(), send(), send()]);
    expect(await available('P-2')).toBe(5);
  });

  it('an order is placed, seen, paid and cancelled', async () => {
    await stock('O-1', 10);
    const placed = await order(ann, [{ sku: 'o-1', quantity: 2 }]);
    expect(placed.status).toBe(201);
    const { id } = placed.body as Order;
    expect(placed.body).toMatchObject({
      userId: ann.id,
      status: 'confirmed',
      total: { amount: 510, currency: 'GBP' },
    });
    expect(placed.headers['x-served-by']).toMatch(/inventory=monolith, orders=monolith, payments=monolith/);
    const get = (path = '') =>
      http().get(`/api/v1/orders/${id}${path}`).set({ authorization: ann.authorization });
    expect((await get()).body).toEqual(placed.body);
    expect((await get('/payment')).body).toMatchObject({
      orderId: id,
      amount: { amount: 510 },
      status: 'charged',
    });
    const cancelled = await http()
      .post(`/api/v1/orders/${id}/cancel`)
      .set({ authorization: ann.authorization });
    expect([cancelled.status, (cancelled.body as Order).status]).toEqual([200, 'cancelled']);
    expect((await get('/payment')).body).toMatchObject({ status: 'refunded' });
    expect(await available('O-1')).toBe(10);
  });

  it('the same key is one order, another body under it is refused', async () => {
    await stock('O-2', 100);
    const key = uuidv7();
    const same = await Promise.all(
      Array.from({ length: 10 }, () => order(ann, [{ sku: 'O-2', quantity: 1 }], 'tok_ok', key)),
    );
    expect(same.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(new Set(same.map(({ body }) => (body as Order).id)).size).toBe(1);
    const other = await order(ann, [{ sku: 'O-2', quantity: 2 }], 'tok_ok', key);
    expect(problem(other)).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect((await order(bob, [{ sku: 'O-2', quantity: 1 }], 'tok_ok', key)).status).toBe(201);
    expect(await available('O-2')).toBe(98);
  });

  it('a refusal says why, and leaves nothing behind', async () => {
    await stock('O-3', 1);
    const tooMuch = await order(ann, [{ sku: 'O-3', quantity: 2 }]);
    expect(problem(tooMuch)).toMatchObject({ status: 409, code: 'out_of_stock', data: { sku: 'O-3' } });
    const declined = await order(ann, [{ sku: 'O-3', quantity: 1 }], 'tok_declined');
    expect(problem(declined)).toMatchObject({ status: 402, code: 'payment_declined' });
    expect(problem(await order(ann, [{ sku: 'NONE', quantity: 1 }]))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect(await available('O-3')).toBe(1);
  });

  it('prices in different currencies are never summed: such an order is refused, and leaves nothing behind', async () => {
    await stock('C-1', 5);
    const euros = { description: 'Cup', price: { amount: 300, currency: 'eur' }, onHand: 5 };
    expect((await http().put('/api/v1/products/C-2').set(admin).send(euros)).body).toMatchObject({
      price: { currency: 'EUR' },
    });
    const mixed = await order(ann, [
      { sku: 'C-1', quantity: 1 },
      { sku: 'C-2', quantity: 1 },
    ]);
    expect(problem(mixed)).toMatchObject({
      status: 409,
      code: 'mixed_currencies',
      data: { currencies: 'EUR, GBP' },
    });
    expect([await available('C-1'), await available('C-2')]).toEqual([5, 5]);
    const inEuros = await order(ann, [{ sku: 'C-2', quantity: 2 }]);
    expect((inEuros.body as Order).total).toEqual({ amount: 600, currency: 'EUR' });
  });

  it.each(['£££', 'ABC', 'EURO', ''])('%p is no currency', async (currency) => {
    const put = { description: 'Cup', price: { amount: 1, currency }, onHand: 1 };
    const answer = await http().put('/api/v1/products/C-3').set(admin).send(put);
    expect(JSON.parse(answer.text)).toMatchObject({
      status: 400,
      errors: [{ pointer: '/price/currency', message: 'currency must be a currency of ISO 4217' }],
    });
  });

  it('more stock than a count can tell is refused, promised pieces included', async () => {
    const restock = (quantity: number) =>
      http().post('/api/v1/products/C-4/restock').set(admin).send({ quantity });
    await stock('C-4', 1);
    expect((await restock(2_147_483_646)).body).toMatchObject({ available: 2_147_483_647 });
    const more = await restock(1);
    expect(problem(more)).toMatchObject({ status: 409, code: 'too_much_stock', data: { sku: 'C-4' } });
    expect(await available('C-4')).toBe(2_147_483_647);
  });

  it('every example of the OpenAPI document succeeds, one after the other', async () => {
    await http().put('/api/v1/products/85123A').set(admin).send({ description: 'Holder', price, onHand: 6 });
    const { paths } = (await http().get('/docs/openapi.json')).body as OpenAPIObject;
    const tried: string[] = [];
    let who: { authorization?: string } = {};
    const attempt = async (method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, id = '') => {
      const { parameters = [], requestBody } = paths[path]?.[method] as Documented;
      let url = path.replace('{id}', id);
      const query: Record<string, string> = {};
      for (const { name, in: place, example } of parameters) {
        if (place === 'path' && name !== 'id') url = url.replace(`{${name}}`, String(example));
        if (place === 'query' && example !== undefined) query[name] = String(example);
      }
      const body = requestBody?.content['application/json']?.example;
      if (requestBody) expect(body).toBeDefined();
      const answer = await http()[method](url).query(query).set(who).send(body);
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      tried.push(`${method} ${path}`);
      return answer.body as { id: string; accessToken: string };
    };
    const { id: userId } = await attempt('post', '/api/v1/users');
    const { accessToken } = await attempt('post', '/api/v1/auth/token');
    who = { authorization: `Bearer ${accessToken}` };
    await attempt('get', '/api/v1/products');
    await attempt('get', '/api/v1/products/{sku}');
    const { id: orderId } = await attempt('post', '/api/v1/orders');
    await attempt('get', '/api/v1/orders');
    for (const path of ['', '/payment']) await attempt('get', `/api/v1/orders/{id}${path}`, orderId);
    await attempt('post', '/api/v1/orders/{id}/cancel', orderId);
    for (const version of ['v1', 'v2'])
      for (const method of ['get', 'patch'] as const)
        await attempt(method, `/api/${version}/users/{id}`, userId);
    await attempt('put', '/api/v1/users/{id}/password', userId);
    who = admin;
    await attempt('put', '/api/v1/users/{id}/role', userId);
    await attempt('delete', '/api/v1/users/{id}', userId);
    await attempt('post', '/api/v1/auth/keys');
    await attempt('put', '/api/v1/products/{sku}');
    await attempt('post', '/api/v1/products/{sku}/restock');
    await attempt('get', '/api/v1/users');
    const withBodies = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, Documented>)
        .filter(([, { requestBody }]) => requestBody?.content['application/json']?.example)
        .map(([method]) => `${method} ${path}`),
    );
    expect(tried).toEqual(expect.arrayContaining(withBodies));
  });

  it('who is erased is nobody any more, and nobody is erased by a token alone', async () => {
    const eve = await register('eve@shop.example', 'Eve');
    const erase = (body: object, { authorization } = eve) =>
      http().delete(`/api/v1/users/${eve.id}`).set({ authorization }).send(body);
    expect(problem(await erase({}))).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(problem(await erase({ password: 'a wrong password' }))).toMatchObject({ code: 'wrong_password' });
    expect(problem(await erase({ password: 'a long password' }, bob))).toMatchObject({ code: 'forbidden' });
    expect((await erase({ password: 'a long password' })).status).toBe(200);
    const seen = await http().get('/api/v1/orders').set({ authorization: eve.authorization });
    expect(problem(seen)).toMatchObject({ status: 401 });
    expect((await register('eve@shop.example', 'Eve')).id).not.toBe(eve.id);
  });

  it('orders of others do not exist; admins see and cancel them', async () => {
    await stock('O-4', 5);
    const { id } = (await order(ann, [{ sku: 'O-4', quantity: 1 }])).body as Order;
    const path = `/api/v1/orders/${id}`;
    const foreign = { authorization: bob.authorization };
    const attempts = [
      await http().get(path).set(foreign),
      await http().get(`${path}/payment`).set(foreign),
      await http().post(`${path}/cancel`).set(foreign),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await http().get(path).set(admin)).body).toMatchObject({ id, status: 'confirmed' });
    const mine = (await http().get('/api/v1/orders').set(foreign)).body as { items: Order[] };
    expect(mine.items.map(({ userId }) => userId).filter((userId) => userId !== bob.id)).toEqual([]);
    const all = (await http().get('/api/v1/orders?limit=200').set(admin)).body as { items: Order[] };
    expect(all.items.map((one) => one.id)).toContain(id);
    expect((await http().post(`${path}/cancel`).set(admin)).body).toMatchObject({ id, status: 'cancelled' });
  });
});

interface Documented {
  parameters?: { name: string; in: string; example?: string | number }[];
  requestBody?: { content: Record<string, { example?: object }> };
}

async function startShop(url: string): Promise<NestExpressApplication> {
  const built = await Test.createTestingModule({
    imports: [
      StranglerModule.forRoot({ side: 'monolith', contracts, database: dataSourceOptions(url) }),
      UsersModule,
      InventoryModule,
      PaymentsModule,
      OrdersModule,
      ApiModule.forRoot(),
    ],
  }).compile();
  const app = built.createNestApplication<NestExpressApplication>(new BoundedAdapter(), {
    bodyParser: false,
  });
  configureHttp(app);
  return app.init();
}
