import type { Order } from '#contracts';
import fc from 'fast-check';
import request from 'supertest';
import { until } from '../../../../test/support/until.js';
import { ann, bearer, bob, edge, signingKey } from '../testing/edge.js';
import { limitGauges } from './limit-gauges.js';
import { Load, shedsLists } from './load.js';

describe('whether lists are refused', () => {
  test.each([
    [0, 0, 10, false],
    [9, 0, 10, false],
    [10, 0, 10, true],
    [1, 249, 10, false],
    [1, 250, 10, true],
    [0, 5_000, 10, false],
    [9_999, 9_999, 0, false],
  ])('%i commands, %i ms late, at most %i: %s', (commands, lateMs, most, sheds) =>
    expect(shedsLists({ commands, lateMs }, most)).toBe(sheds),
  );

  test('more to do never gives lists back', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(1_000), fc.nat(300), (commands, lateMs, most) => {
        if (!shedsLists({ commands, lateMs }, most)) return;
        expect(shedsLists({ commands: commands + 1, lateMs }, most)).toBe(true);
        expect(shedsLists({ commands, lateMs: lateMs + 1 }, most)).toBe(true);
      }),
    );
  });
});

const order: Order = {
  id: '01890a5d-ac96-774b-bcce-b302099a9000',
  userId: ann,
  status: 'confirmed',
  items: [],
  total: { amount: 1, currency: 'GBP' },
  createdAt: '2026-01-01T00:00:00.000Z',
} as never;

let end: () => Promise<void> = async () => undefined;
// How late this machine is, is none of what is told here.
beforeEach(() => void jest.spyOn(Load.prototype as never, 'measure').mockReturnValue(undefined as never));
afterEach(async () => {
  await end();
  jest.restoreAllMocks();
});

/** A shop whose commands do not come to an end until they are let go. */
async function heldBack() {
  const held: (() => void)[] = [];
  let away = false;
  const hold = <T>(value: T) => new Promise<T>((resolve) => void held.push(() => resolve(value)));
  const key = await signingKey();
  const shop = await edge(
    {
      users: {
        jwks: async () => ({ keys: [key.jwk] }),
        register: () => hold({ id: ann } as never),
      },
      orders: {
        place: () => hold(order),
        listOrders: async () => ({ items: [] }),
        getOrder: async () => order,
      },
      inventory: { listProducts: async () => ({ items: [], ...(away && { next: 'x' }) }) },
    },
    { shedListsAt: 3, cache: { freshMs: 1, staleMs: 60_000 } },
  );
  const [anns, bobs] = [await bearer(key, ann), await bearer(key, bob)];
  const get = (path: string) => request(shop.server).get(path).set('Authorization', bobs);
  const body = { items: [{ sku: 'A1', quantity: 1 }], payment: { token: 'tok_ok' } };
  const place = () =>
    request(shop.server)
      .post('/api/v1/orders')
      .set('Authorization', anns)
      .send(body)
      .then(({ status }) => status);
  const register = () =>
    request(shop.server)
      .post('/api/v1/users')
      .send({ email: 'ann@shop.example', password: 'a long password', name: 'Ann Lee' })
      .then(({ status }) => status);
  const begun = (count: number) =>
    until(`${count} have begun`, () => (held.length === count ? true : undefined));
  const release = () => held.splice(0).forEach((go) => go());
  end = async () => {
    release();
    await shop.app.close();
  };
  const change = () => void (away = true);
  return { ...shop, get, place, register, begun, change, release };
}

test('while commands queue lists are refused, and orders taken; afterwards there are lists again', async () => {
  const { app, get, place, begun, release, change } = await heldBack();
  expect((await get('/api/v1/products')).body).toMatchObject({ next: null });
  change();
  const placed = [place(), place()];
  await begun(2);
  expect((await get('/api/v1/orders')).status).toBe(200);
  placed.push(place());
  await begun(3);
  for (const path of ['/api/v1/orders', '/api/v1/dashboard']) {
    const refused = await get(path);
    expect([path, refused.status, refused.get('Retry-After')]).toEqual([path, 503, '2']);
    expect(refused.body).toMatchObject({ code: 'unavailable' });
  }
  // A list that was given before is given again: no module is asked.
  const stale = await get('/api/v1/products');
  expect([stale.status, stale.get('X-Served-Stale'), (stale.body as { next: unknown }).next]).toEqual([
    200,
    'true',
    null,
  ]);
  expect((await get('/api/v1/products?limit=3')).status).toBe(503);
  // What somebody looks at who has ordered, and more orders.
  expect((await get(`/api/v1/orders/${order.id}`)).status).toBe(200);
  placed.push(place());
  await begun(4);
  const figures = await limitGauges(app).read();
  expect([figures.api_commands_in_flight, figures.api_lists_shed]).toEqual([[{ value: 4 }], [{ value: 4 }]]);
  release();
  expect(await Promise.all(placed)).toEqual([201, 201, 201, 201]);
  expect((await get('/api/v1/orders')).status).toBe(200);
});

test('who has no account keeps nobody from lists', async () => {
  const { get, register, begun, release } = await heldBack();
  const registered = [register(), register(), register(), register()];
  await begun(4);
  expect((await get('/api/v1/orders')).status).toBe(200);
  release();
  expect(await Promise.all(registered)).toEqual([201, 201, 201, 201]);
});
