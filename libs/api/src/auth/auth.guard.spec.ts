import { UnavailableError } from 'nestjs-strangler/contract';
import { type Product, type User } from '#contracts';
import request from 'supertest';
import { ann, bearer, bob, edge, signingKey, type SigningKey } from '../testing/edge.js';
import { forgeries, goodToken } from '../testing/forgeries.js';

const profile = (id: string): User => ({
  id,
  email: 'ann@shop.example',
  name: 'Ann Lee',
  role: 'user',
  profile: {},
  createdAt: '2010-12-01T08:26:00.123456Z',
});
const product: Product = {
  sku: 'A1',
  description: 'Cup',
  price: { amount: 1, currency: 'GBP' },
  onHand: 1,
  reserved: 0,
};

describe('who may come in', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let key: SigningKey;

  beforeAll(async () => {
    key = await signingKey();
    shop = await edge({
      users: {
        jwks: async () => ({ keys: [key.jwk] }),
        getUser: async ({ id }) => profile(id),
        updateUser: async ({ id }) => profile(id),
        listUsers: async () => ({ items: [profile(ann)] }),
      },
      inventory: {
        getProduct: async () => product,
        putProduct: async () => product,
        restock: async () => product,
      },
    });
  });
  afterAll(() => shop.app.close());

  const get = (path: string, authorization: string) =>
    request(shop.server).get(path).set('Authorization', authorization);
  const own = `/api/v1/users/${ann}`;

  it('a good token opens what is its owner’s', async () => {
    const answer = await get(own, await bearer(key, ann));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: ann, email: 'ann@shop.example' });
  });

  it('public pages do not care about a bad token', async () => {
    expect((await get('/api/v1/products/A1', 'Bearer nonsense')).status).toBe(200);
  });

  it('forged tokens are refused, whatever is wrong with them', async () => {
    expect((await get(own, await goodToken(key.secret, ann))).status).toBe(200);
    for (const [what, authorization] of await forgeries(key.secret, ann)) {
      const answer = await get(own, authorization);
      const { code } = JSON.parse(answer.text) as { code: string };
      expect([what, answer.status, code]).toEqual([what, 401, 'unauthenticated']);
    }
  });

  it.each([
    ['get', own],
    ['patch', own],
    ['get', `/api/v2/users/${ann}`],
    ['get', '/api/v1/users'],
    ['put', '/api/v1/products/A1'],
    ['post', '/api/v1/products/A1/restock'],
    ['post', '/api/v1/orders'],
    ['get', '/api/v1/orders'],
    ['get', `/api/v1/orders/${ann}`],
    ['post', `/api/v1/orders/${ann}/cancel`],
    ['get', `/api/v1/orders/${ann}/payment`],
  ] as const)('%s %s needs a token', async (method, path) => {
    expect((await request(shop.server)[method](path)).status).toBe(401);
  });

  it('headers that claim to be someone are not believed', async () => {
    const answer = await request(shop.server).get(own).set('x-user-id', ann).set('x_user_role', 'admin');
    expect(answer.status).toBe(401);
    const other = await get(`/api/v1/users/${bob}`, await bearer(key, ann)).set('x-user-id', bob);
    expect(other.status).toBe(403);
  });

  it.each(['v1', 'v2'])('the account of someone else is closed, open for admins (%s)', async (version) => {
    const path = `/api/${version}/users/${bob}`;
    const send = { name: 'Eve' };
    const refused = await get(path, await bearer(key, ann));
    const changed = await request(shop.server)
      .patch(path)
      .set('Authorization', await bearer(key, ann))
      .send(send);
    expect([refused.status, changed.status]).toEqual([403, 403]);
    expect((await get(path, await bearer(key, ann, 'admin'))).status).toBe(200);
  });

  it('users cannot do what admins can', async () => {
    const attempt =
      (role?: 'admin') => async (method: 'get' | 'put' | 'post', path: string, body?: object) => {
        const authorization = await bearer(key, ann, role);
        return (await request(shop.server)[method](path).set('Authorization', authorization).send(body))
          .status;
      };
    const all = async (send: ReturnType<typeof attempt>) => [
      await send('get', '/api/v1/users'),
      await send('put', '/api/v1/products/A1', { description: 'Cup', price: product.price, onHand: 1 }),
      await send('post', '/api/v1/products/A1/restock', { quantity: 1 }),
    ];
    expect(await all(attempt())).toEqual([403, 403, 403]);
    expect(await all(attempt('admin'))).toEqual([200, 200, 200]);
  });
});

describe('when the users module is away', () => {
  it('a token is neither good nor bad: try again', async () => {
    const gone = () => Promise.reject(new UnavailableError('users', 'gone'));
    const shop = await edge({ users: { jwks: gone } });
    const authorization = await bearer(await signingKey(), ann);
    const answer = await request(shop.server).get(`/api/v1/users/${ann}`).set('Authorization', authorization);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    await shop.app.close();
  });
});
