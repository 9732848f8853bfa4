import type { Product, User } from '#contracts';
import request from 'supertest';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';
import { userViewV2 } from '../users.dto.js';

const user: User = {
  id: ann,
  email: 'ann@shop.example',
  name: 'Ann Mary Lee',
  role: 'user',
  profile: { country: 'France' },
  createdAt: '2010-12-01T08:26:00.123456Z',
};
const product: Product = {
  sku: 'A1',
  description: 'Cup',
  price: { amount: 1, currency: 'GBP' },
  onHand: 1,
  reserved: 0,
};
const v1 = { id: ann, email: user.email, name: 'Ann Mary Lee', role: 'user', createdAt: user.createdAt };
const v2 = {
  id: ann,
  email: user.email,
  firstName: 'Ann',
  lastName: 'Mary Lee',
  profile: { country: 'France' },
};

describe('versions', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let authorization: string;

  beforeAll(async () => {
    const key = await signingKey();
    authorization = await bearer(key, ann);
    shop = await edge({
      users: {
        jwks: async () => ({ keys: [key.jwk] }),
        getUser: async () => user,
        updateUser: async ({ name }) => ({ ...user, name: name ?? user.name }),
      },
      inventory: {
        getProduct: async () => product,
        listProducts: async ({ limit }) => ({ items: [], next: String(limit) }),
      },
    });
  });
  afterAll(() => shop.app.close());

  const get = (path: string, version?: string) =>
    request(shop.server)
      .get(path)
      .set({ authorization, ...(version !== undefined && { 'Accept-Version': version }) });

  it.each([
    ['/api/v1/users/', undefined, v1],
    ['/api/users/', undefined, v1],
    ['/api/v1/users/', 'v1', v1],
    ['/api/users/', 'v1', v1],
    ['/api/v2/users/', undefined, v2],
    ['/api/v1/users/', 'v2', v2],
    ['/api/users/', 'v2', v2],
    ['/api/v2/users/', 'v1', v2],
  ])('%s with Accept-Version %p', async (path, version, body) => {
    expect((await get(path + ann, version)).body).toEqual(body);
  });

  it('a change is answered in the version that was asked for', async () => {
    const send = (path: string) =>
      request(shop.server).patch(path).set({ authorization }).send({ name: 'Ann' });
    expect((await send(`/api/v2/users/${ann}`)).body).toEqual({ ...v2, firstName: 'Ann', lastName: '' });
    expect((await send(`/api/v1/users/${ann}`).set('Accept-Version', 'v2')).body).toMatchObject({
      firstName: 'Ann',
    });
  });

  it('what has no v2 answers as v1 to the header, and is not there under the path', async () => {
    expect((await get('/api/v1/products/A1', 'v2')).status).toBe(200);
    expect((await get('/api/products?limit=3', 'v2')).body).toEqual({ items: [], next: '3' });
    expect((await get('/api/v2/products/A1')).status).toBe(404);
  });

  it('a version that does not exist is refused', async () => {
    const answer = await get(`/api/v1/users/${ann}`, 'v9');
    expect(JSON.parse(answer.text)).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  it('health and keys have no versions', async () => {
    expect((await get('/health/live', 'v9')).status).toBe(200);
    expect((await get('/api/v1/health/live')).status).toBe(404);
  });

  it.each([
    ['Ann', 'Ann', ''],
    ['Ann Lee', 'Ann', 'Lee'],
    ['Ann Mary Lee', 'Ann', 'Mary Lee'],
    [' Ann', '', 'Ann'],
  ])('the name %p is cut in two at its first space', (name, firstName, lastName) => {
    expect(userViewV2({ ...user, name })).toMatchObject({ firstName, lastName });
  });
});
