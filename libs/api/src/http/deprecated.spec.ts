import type { Product, User } from '#contracts';
import request from 'supertest';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';
import { Deprecated } from './deprecated.js';
import { ApiUsage, usageGauges } from './usage.js';

const price = { amount: 1, currency: 'GBP' };
const product: Product = { sku: 'A1', description: 'Cup', price, onHand: 1, reserved: 0 };

describe('a deprecated version', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let authorization: string;

  beforeAll(async () => {
    const key = await signingKey();
    authorization = await bearer(key, ann);
    const user = { id: ann, name: 'Ann Lee', email: 'ann@shop.example' } as User;
    shop = await edge({
      users: {
        jwks: async () => ({ keys: [key.jwk] }),
        getUser: async () => user,
        updateUser: async () => user,
      },
      inventory: { getProduct: async () => product },
    });
  });
  afterAll(() => shop.app.close());

  const get = (path: string, headers: Record<string, string> = {}) =>
    request(shop.server)
      .get(path)
      .set({ authorization, ...headers });

  const told = {
    deprecation: '@1798761600',
    sunset: 'Sat, 01 Jan 2028 00:00:00 GMT',
    link: `</docs>; rel="deprecation"; type="text/html", </api/v2/users/${ann}>; rel="successor-version"`,
  };
  const names = Object.keys(told);

  it.each([`/api/v1/users/${ann}`, `/api/users/${ann}`])(
    '%s says so, and what takes its place',
    async (path) => {
      const { status, headers } = await get(path);
      expect(status).toBe(200);
      expect(headers).toMatchObject(told);
      expect((await get(`/api/v2/users/${ann}`)).status).toBe(200);
    },
  );

  it('says so also where it refuses, has nothing new, or changes', async () => {
    const { headers } = await get(`/api/v1/users/${ann}`);
    const again = await get(`/api/v1/users/${ann}`, { 'If-None-Match': headers.etag as string });
    expect([again.status, again.headers]).toEqual([304, expect.objectContaining(told)]);
    const refused = await request(shop.server)
      .patch(`/api/v1/users/${ann}`)
      .set({ authorization })
      .send({ x: 1 });
    expect([refused.status, refused.headers]).toEqual([400, expect.objectContaining(told)]);
  });

  it.each<[string, Record<string, string>]>([
    [`/api/v2/users/${ann}`, {}],
    [`/api/v1/users/${ann}`, { 'Accept-Version': 'v2' }],
    ['/api/v1/products/A1', {}],
  ])('what is not deprecated does not say it: %s %j', async (path, headers) => {
    const answer = await get(path, headers);
    expect(answer.status).toBe(200);
    for (const name of names) expect(answer.headers).not.toHaveProperty(name);
  });

  it('is marked in the OpenAPI document, with its summary', async () => {
    const { paths } = (await get('/docs/openapi.json')).body as {
      paths: Record<string, Record<string, { deprecated?: boolean; summary: string }>>;
    };
    const marked = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, found]) =>
        found.deprecated ? [`${method} ${path}: ${found.summary}`] : [],
      ),
    );
    expect(marked).toEqual([
      'get /api/v1/users/{id}: Get a user',
      'patch /api/v1/users/{id}: Change the name, or with the password the e-mail',
    ]);
  });

  it('cannot be declared with a date that is none, or with an end before its beginning', () => {
    const rest = { link: '/docs', successor: '/api/v2/users/:id' };
    const declare = (since: string, sunset: string) => () => Deprecated({ ...rest, since, sunset });
    expect(declare('2027-13-01', '2028-01-01')).toThrow('"2027-13-01" is no day');
    expect(declare('2028-01-02', '2028-01-01')).toThrow('sunset 2028-01-01 comes before since 2028-01-02');
  });

  it('who still uses it is counted, by version and by the product that a client names', async () => {
    const counted = async () => {
      const { api_requests } = await usageGauges(shop.app).read();
      return Object.fromEntries(
        api_requests.map(({ labels, value }) => [
          `${labels.client} ${labels.version} ${labels.deprecated}`,
          value,
        ]),
      );
    };
    const agent = { 'User-Agent': 'shop-app/3.1 (Android)' };
    await request(shop.server).get('/api/v1/products/A1').set(agent);
    expect(await counted()).not.toHaveProperty('shop-app v1 false');
    await get(`/api/v1/users/${ann}`, agent);
    await get(`/api/v1/users/${ann}`, { ...agent, 'Accept-Version': 'v2' });
    await request(shop.server).get('/api/v1/products/A1').set(agent);
    await get('/health/live', agent);
    expect(await counted()).toMatchObject({
      'shop-app v1 true': 1,
      'shop-app v2 false': 1,
      'shop-app v1 false': 1,
    });
  });
});

describe('names of clients', () => {
  const seen = (usage: ApiUsage) => new Set(usage.figures.map(({ labels }) => labels.client));
  const use = (usage: ApiUsage, agent: string | undefined, known = true) =>
    usage.count({ version: 'v1', agent, known, deprecated: false });

  it('do not grow without bound, whatever clients call themselves', () => {
    const usage = new ApiUsage();
    for (let i = 0; i < 1_000; i++) use(usage, `bot${i}/1`);
    use(usage, 'bot3/2');
    expect(seen(usage).size).toBe(51);
    expect(usage.figures.find(({ labels }) => labels.client === 'bot3')?.value).toBe(2);
    expect(usage.figures.find(({ labels }) => labels.client === 'other')?.value).toBe(950);
  });

  it('are not taken by who has not logged in', () => {
    const usage = new ApiUsage();
    for (let i = 0; i < 1_000; i++) use(usage, `bot${i}/1`, false);
    use(usage, 'shop-app/1');
    use(usage, 'shop-app/1', false);
    expect([...seen(usage)]).toEqual(['other', 'shop-app']);
  });

  it.each([undefined, '', ' shop', '"x"', '<script>', 'x'.repeat(33), '1/2', 'a,b'])(
    '%p is no name',
    (agent) => {
      const usage = new ApiUsage();
      use(usage, agent);
      expect([...seen(usage)]).toEqual(['other']);
    },
  );
});
