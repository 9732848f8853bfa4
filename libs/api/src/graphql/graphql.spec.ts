import { inventory, orders, payments, users } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { dataSourceOptions } from '#platform';
import { portToken, StranglerModule, type CallObserver, type Port } from 'nestjs-strangler';
import { UnavailableError } from 'nestjs-strangler/contract';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { hash } from 'node:crypto';
import request from 'supertest';
import { v7 as uuidv7 } from 'uuid';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { ApiModule, type ApiOptions } from '../api.module.js';
import { configureHttp } from '../configure-http.js';
import { BoundedAdapter } from '../http/bounded-adapter.js';

/*
 * What would go wrong: an answer that REST refuses, a module that is asked once an object, a part that fails and takes the rest with it, and one request
 * that costs as much as thousands.
 */

const contracts = [users, inventory, payments, orders];
const price = { amount: 255, currency: 'GBP' };

interface Answer {
  data?: Record<string, never> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string; traceId: string } }[];
}

describe('GraphQL', () => {
  let database: TestDatabase;
  let app: NestExpressApplication;
  let called: string[] = [];
  let ann: { id: string; authorization: string };
  let bob: { id: string; authorization: string };
  let admin: { id: string; authorization: string };
  let order: { id: string; userId: string };

  beforeAll(async () => {
    database = await freshDatabase();
    app = await startShop(database.url);
    ann = await register('ann@shop.example', 'Ann Lee');
    bob = await register('bob@shop.example', 'Bob');
    admin = await register('admin@shop.example', 'Operator');
    await database.query(`update users.account set role = 'admin' where id = $1`, [admin.id]);
    admin = { ...admin, authorization: await login('admin@shop.example') };
    const port = app.get<Port<typeof inventory>>(portToken(inventory));
    for (const sku of ['CUP', 'JUG', 'POT'])
      await port.putProduct({ sku, description: `A ${sku}`, price, onHand: 100 });
    order = await place(ann, ['CUP', 'JUG']);
    await place(ann, ['JUG', 'POT']);
    await place(bob, ['POT']);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  beforeEach(() => (called = []));
  afterEach(() => jest.restoreAllMocks());

  async function startShop(url: string, options: ApiOptions = {}): Promise<NestExpressApplication> {
    const finished: CallObserver['finished'] = ({ module, operation, kind }) => {
      // Whether a token counts is asked of the users before anything else.
      if (kind === 'query' && operation !== 'getSession') called.push(`${module}.${operation}`);
    };
    const built = await Test.createTestingModule({
      imports: [
        StranglerModule.forRoot({
          ...{ side: 'monolith', contracts, database: dataSourceOptions(url) },
          observers: [{ finished, answered: () => undefined }],
        }),
        ...[UsersModule, InventoryModule, PaymentsModule, OrdersModule],
        ApiModule.forRoot(options),
      ],
    }).compile();
    const made = built.createNestApplication<NestExpressApplication>(new BoundedAdapter(), {
      bodyParser: false,
    });
    configureHttp(made);
    await made.init();
    return made;
  }

  const http = () => request(app.getHttpServer());
  const login = async (email: string) => {
    const { body } = await http().post('/api/v1/auth/token').send({ email, password: 'a long password' });
    return `Bearer ${(body as { accessToken: string }).accessToken}`;
  };
  async function register(email: string, name: string) {
    const { body } = await http().post('/api/v1/users').send({ email, name, password: 'a long password' });
    return { id: (body as { id: string }).id, authorization: await login(email) };
  }
  async function place(who: { authorization: string }, skus: readonly string[]) {
    const { body } = await http()
      .post('/api/v1/orders')
      .set({ authorization: who.authorization, 'Idempotency-Key': uuidv7() })
      .send({ items: skus.map((sku) => ({ sku, quantity: 1 })), payment: { token: 'tok_ok' } });
    return body as { id: string; userId: string };
  }
  const ask = async (query: string, who?: { authorization: string }, variables?: object) => {
    const answer = await http()
      .post('/graphql')
      .set(who ? { authorization: who.authorization } : {})
      .send({ query, variables });
    return { status: answer.status, headers: answer.headers, body: JSON.parse(answer.text) as Answer };
  };
  const codes = ({ body }: { body: Answer }) => body.errors?.map(({ extensions }) => extensions.code);

  const wholeOrder = `query ($userId: ID!, $id: ID!) {
    getOrder(userId: $userId, id: $id) {
      status total { amount currency }
      customer { email }
      payment { status amount { amount } }
      items { quantity product { sku description available } }
    }
  }`;

  it('answers an order with its customer, payment and products: one call a module and level', async () => {
    const { status, body } = await ask(wholeOrder, ann, order);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        data: {
          getOrder: {
            ...{ status: 'confirmed', total: { amount: 510, currency: 'GBP' } },
            customer: { email: 'ann@shop.example' },
            payment: { status: 'charged', amount: { amount: 510 } },
            items: ['CUP', 'JUG'].map((sku) => ({
              ...{
                quantity: 1,
                product: { sku, description: `A ${sku}`, available: sku === 'CUP' ? 99 : 98 },
              },
            })),
          },
        },
      },
    });
    expect(called.sort()).toEqual([
      'inventory.getProducts',
      'orders.getOrder',
      'payments.getPayments',
      'users.getUsers',
    ]);
  });

  it('asks once for all objects of a level, however many', async () => {
    const query = `{ listUsers { items { name orders(limit: 5) { id payment { status } items { product { sku } } } } } }`;
    const { body } = await ask(query, admin);
    expect(body.errors).toBeUndefined();
    const people = (body.data as unknown as { listUsers: { items: { name: string; orders: object[] }[] } })
      .listUsers;
    expect(Object.fromEntries(people.items.map(({ name, orders: own }) => [name, own.length]))).toEqual({
      ...{ 'Ann Lee': 2, Bob: 1, Operator: 0 },
    });
    expect(called.sort()).toEqual([
      'inventory.getProducts',
      'orders.listOrdersOf',
      'payments.getPayments',
      'users.listUsers',
    ]);
  });

  it('answers the dashboard as REST does', async () => {
    const rest = await http().get('/api/v1/dashboard').set('authorization', ann.authorization);
    const { body } = await ask(
      '{ dashboard { user { email } orders { id } recommendations { sku available } errors { part } } }',
      ann,
    );
    const {
      user,
      orders: own,
      recommendations,
      errors,
    } = rest.body as {
      user: { email: string };
      orders: { id: string }[];
      recommendations: { sku: string; available: number }[];
      errors: object[];
    };
    expect(body.data).toEqual({
      dashboard: {
        user: { email: user.email },
        orders: own.map(({ id }) => ({ id })),
        recommendations: recommendations.map(({ sku, available }) => ({ sku, available })),
        errors,
      },
    });
  });

  describe('who may what', () => {
    it('anybody sees products, and nobody what is somebody’s', async () => {
      expect((await ask('{ getProduct(sku: "cup") { sku available } }')).body).toEqual({
        data: { getProduct: { sku: 'CUP', available: 99 } },
      });
      const refused = await ask(wholeOrder, undefined, order);
      expect([refused.status, refused.body.data, codes(refused)]).toEqual([
        200,
        { getOrder: null },
        ['unauthenticated'],
      ]);
    });

    it('a customer sees nothing of another one', async () => {
      const refused = await ask(wholeOrder, bob, order);
      expect([refused.body.data, codes(refused)]).toEqual([{ getOrder: null }, ['forbidden']]);
      expect(codes(await ask('{ listUsers { items { email } } }', bob))).toEqual(['forbidden']);
      const two = `{ getUsers(users: [{ id: "${ann.id}" }, { id: "${bob.id}" }]) { items { email } } }`;
      expect(codes(await ask(two, bob))).toEqual(['forbidden']);
    });

    it('has no field of what modules keep for themselves', async () => {
      const { body } = await ask('{ getPayments(orders: []) { items { id } } }', admin);
      expect(body.errors?.[0]?.message).toMatch(/Cannot query field "getPayments"/);
      for (const field of ['authenticate', 'getSession', 'getPayment'])
        expect((await ask(`{ ${field} { id } }`, admin)).body.errors?.[0]?.message).toContain(`"${field}"`);
      expect((await ask('{ getProduct(sku: "CUP") { reserved onHand } }')).body.errors).toHaveLength(2);
    });

    it('a token that does not count is refused, as in REST', async () => {
      const { status, body } = await ask('{ getProduct(sku: "CUP") { sku } }', {
        authorization: 'Bearer ey.x.y',
      });
      expect({ status, body }).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    });
  });

  it.each<[string, ApiOptions['rates']]>([
    ['user', { perUser: { perSecond: 0.01, burst: 3, loopback: true } }],
    ['route', { perRoute: { 'POST /graphql': { perSecond: 0.01, burst: 3, loopback: true } } }],
  ])('is counted by %s, as REST is', async (_by, rates) => {
    const limited = await startShop(database.url, { rates });
    const query = { query: `{ getUser(id: "${ann.id}") { email } }` };
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const sent = request(limited.getHttpServer()).post('/graphql').set('authorization', ann.authorization);
      statuses.push((await sent.send(query)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
    await limited.close();
  });

  it('a part that fails is null, with the code and the request id of REST, and the rest is there', async () => {
    const port = app.get<Port<typeof payments>>(portToken(payments));
    jest
      .spyOn(port, 'getPayments')
      .mockRejectedValue(new UnavailableError('payments', 'its host 10.0.0.1 is away'));
    const { status, body, headers } = await ask(wholeOrder, ann, order);
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ getOrder: { payment: null, customer: { email: 'ann@shop.example' } } });
    expect(body.errors).toEqual([
      expect.objectContaining({
        path: ['getOrder', 'payment'],
        message: 'payments cannot be reached just now; trying again is safe',
        extensions: expect.objectContaining({
          code: 'unavailable',
          traceId: headers['x-request-id'] as string,
        }) as object,
      }),
    ]);
  });

  it('does not guess what was meant: that would tell the schema', async () => {
    const { body } = await ask('{ getProduct(sku: "CUP") { availabel } }');
    expect(body.errors?.map(({ message }) => message)).toEqual([
      'Cannot query field "availabel" on type "Product".',
    ]);
  });

  it('what goes wrong inside is for the log alone', async () => {
    const port = app.get<Port<typeof users>>(portToken(users));
    jest.spyOn(port, 'getUsers').mockRejectedValue(new Error('password is hunter2'));
    const { body } = await ask(wholeOrder, ann, order);
    expect(codes({ body })).toEqual(['internal']);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  it('wrong input has the words of the contract', async () => {
    expect(codes(await ask('{ getProduct(sku: "?") { sku } }'))).toEqual(['validation_failed']);
    expect(codes(await ask('{ getProduct(sku: "NONE") { sku } }'))).toEqual(['not_found']);
    expect(codes(await ask(`{ getUser(id: "${ann.id}") { orders(limit: 51) { id } } }`, ann))).toEqual([
      'validation_failed',
    ]);
  });

  describe('is asked with GET', () => {
    const query = '{ getProduct(sku: "POT") { sku } }';
    const get = (params: object) => http().get('/graphql').query(params);

    it('and what is the same for all may be kept, and is asked for again with its ETag', async () => {
      const first = await get({ query });
      expect(first.headers).toMatchObject({
        'cache-control': 'public, no-cache',
        etag: expect.stringMatching(/^W\//) as string,
      });
      const again = await get({ query }).set('If-None-Match', first.headers['etag'] as string);
      expect(again.status).toBe(304);
    });

    it('what is somebody’s is kept by nobody, nor is an error', async () => {
      const own = await get({ query: `{ getUser(id: "${ann.id}") { email } }` }).set(
        'authorization',
        ann.authorization,
      );
      expect(own.headers['cache-control']).toBe('no-store');
      expect((await get({ query: '{ nothing }' })).headers['cache-control']).toBe('no-store');
    });

    it('by the hash of a query, once it has been sent', async () => {
      const unseen = '{ getProduct(sku: "JUG") { sku } }';
      const extensions = JSON.stringify({
        persistedQuery: { version: 1, sha256Hash: hash('sha256', unseen) },
      });
      expect(JSON.parse((await get({ extensions })).text)).toMatchObject({
        errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
      });
      await get({ extensions, query: unseen });
      expect(JSON.parse((await get({ extensions })).text)).toEqual({ data: { getProduct: { sku: 'JUG' } } });
      const other = await get({ extensions, query });
      expect([other.status, codes({ body: JSON.parse(other.text) as Answer })]).toEqual([
        400,
        ['validation_failed'],
      ]);
    });
  });

  describe('refuses before anything runs, with 400', () => {
    const fragments = (count: number) =>
      Array.from(
        { length: count },
        (_, i) => `fragment f${i} on Product { sku ...f${i + 1} ...f${i + 1} }`,
      ).join(' ');
    const hostile: Record<string, string> = {
      'what is deep': `{ listUsers { items ${'{ orders { customer '.repeat(8)}{ id }${' } }'.repeat(8)} } }`,
      'what is wide': `{ listUsers(limit: 200) { items { orders(limit: 50) { items { product { sku description } } } } } }`,
      'fragments in a circle':
        '{ getProduct(sku: "CUP") { ...a } } fragment a on Product { ...b } fragment b on Product { ...a }',
      'fragments that double': `{ getProduct(sku: "CUP") { ...f0 } } ${fragments(40)} fragment f40 on Product { sku }`,
      '10,000 aliases': `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}: getProduct(sku: "CUP") { sku }`).join(' ')} }`,
      '100 aliases': `{ ${Array.from({ length: 100 }, (_, i) => `a${i}: getProduct(sku: "CUP") { sku }`).join(' ')} }`,
      'the same field a thousand times': `{ getProduct(sku: "CUP") { ${'sku '.repeat(1_900)} } }`
        .replace('sku "', 'sku "')
        .concat(' } }'),
      '1 MB': `{ getProduct(sku: "${'x'.repeat(2 ** 20)}") { sku } }`,
      'brackets without end': '{ a '.repeat(900),
      'a change': 'mutation { putProduct(sku: "CUP") { sku } }',
      'a stream': 'subscription { orders { id } }',
      'what the schema is': '{ __schema { types { name } } }',
      'no query': '',
    };

    it.each(Object.entries(hostile))('%s', async (_what, query) => {
      const refused = await ask(query, admin);
      expect([refused.status, refused.body.data ?? null]).toEqual([400, null]);
      expect(new Set(codes(refused) ?? [(refused.body as { code?: string }).code])).toEqual(
        new Set(['validation_failed']),
      );
      expect(called).toEqual([]);
    });

    it('long lists that are asked for by a variable', async () => {
      const query = `query ($n: Int) { listUsers(limit: $n) { items { orders(limit: 20) { items { product { sku } } } } } }`;
      expect((await ask(query, admin, { n: 2 })).status).toBe(200);
      called = [];
      expect((await ask(query, admin, { n: 200 })).status).toBe(400);
      expect(called).toEqual([]);
    });

    it('several queries in one request, and forms that a page of another site can send', async () => {
      const batch = await http()
        .post('/graphql')
        .send([{ query: '{ __typename }' }, { query: '{ __typename }' }]);
      expect(batch.status).toBe(400);
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/graphql',
      ]) {
        const form = await http().post('/graphql').set('Content-Type', type).send('query={__typename}');
        expect([type, form.status]).toEqual([type, 415]);
      }
    });

    it('a body that does not say how large it is', async () => {
      const sent = http()
        .post('/graphql')
        .set('Content-Type', 'application/json')
        .set('Transfer-Encoding', 'chunked');
      sent.write(`{"query":"${' '.repeat(20_000)}{ __typename }"}`);
      const { status } = await sent;
      expect(status).toBe(400);
    });
  });
});
