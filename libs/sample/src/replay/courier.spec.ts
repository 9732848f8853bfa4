import { Courier } from './courier.js';
import { findShop } from './find-shop.js';
import type { Outcome } from './outcome.js';
import { scriptedShop, type Scripted, type ScriptedShop, type Seen } from './scripted-shop.fixture.js';
import { Sessions } from './sessions.js';
import { ShopClient } from './shop-client.js';
import { Tally } from './tally.js';

const parcel = {
  invoice: '536365',
  email: 'customer17850@sample.example',
  items: [{ sku: '85123A', quantity: 6 }],
};
const placed: Scripted = { status: 201, body: { status: 'confirmed' } };
const unavailable: Scripted = { status: 503, body: { code: 'unavailable' }, headers: { 'retry-after': '0' } };
const unauthenticated: Scripted = { status: 401, body: { code: 'unauthenticated' } };

describe('the courier', () => {
  let shop: ScriptedShop;
  let orders: Scripted[];
  let logins: Scripted[];
  let tally: Tally;
  let stop: AbortController;
  let tokens: number;

  beforeEach(async () => {
    orders = [];
    logins = [];
    tokens = 0;
    tally = new Tally();
    stop = new AbortController();
    shop = await scriptedShop(({ path }) =>
      path.endsWith('/orders')
        ? (orders.shift() ?? placed)
        : (logins.shift() ?? { status: 201, body: { accessToken: `token ${++tokens}`, expiresIn: 3_600 } }),
    );
  });

  afterEach(() => shop.close());

  const sessions = (url = shop.url) =>
    new Sessions(new ShopClient(url), 'secret', (answer) => tally.answered(answer));

  const courier = (patienceMs = 10_000, url = shop.url) =>
    new Courier(new ShopClient(url), sessions(url), tally, { run: 'r1', patienceMs, stop: stop.signal });

  const sent = (): Seen[] => shop.seen.filter(({ path }) => path === '/api/v1/orders');

  it('sends the order of a customer who is logged in, under a key of its own', async () => {
    expect(await courier().deliver(parcel)).toBe('placed');
    expect(shop.seen).toEqual([
      {
        path: '/api/v1/auth/token',
        key: undefined,
        token: undefined,
        body: { email: 'customer17850@sample.example', password: 'secret' },
      },
      {
        path: '/api/v1/orders',
        key: 'r1-536365',
        token: 'token 1',
        body: { items: [{ sku: '85123A', quantity: 6 }], payment: { token: 'tok_ok' } },
      },
    ]);
  });

  it('logs a customer in once, for many orders at the same time', async () => {
    const one = courier();
    const invoices = ['1', '2', '3', '4'];
    await Promise.all(invoices.map((invoice) => one.deliver({ ...parcel, invoice })));
    expect(tokens).toBe(1);
    expect(
      sent()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(invoices.map((invoice) => `r1-${invoice}`));
  });

  it('repeats, with the same key, what the shop could not do or may have done', async () => {
    orders = [unavailable, 'drop', { status: 504, body: { code: 'outcome_unknown' } }, placed];
    expect(await courier().deliver(parcel)).toBe('placed');
    expect(sent().map(({ key }) => key)).toEqual(Array(4).fill('r1-536365'));
    expect(tally.serverErrors).toEqual({ '503': 1, '504': 1 });
    expect(Object.values(tally.retries)).toEqual([1, 1, 1]);
    expect(tally.retries).toMatchObject({ unavailable: 1, outcome_unknown: 1 });
    expect(tally.requestMs).toHaveLength(4);
  });

  it.each<[Outcome, Scripted]>([
    ['out_of_stock', { status: 409, body: { code: 'out_of_stock' } }],
    ['payment_declined', { status: 402, body: { code: 'payment_declined' } }],
    [{ failed: 'internal' }, { status: 500, body: { code: 'internal' } }],
    [{ failed: 'http_502' }, { status: 502 }],
  ])('does not repeat what is final: %j', async (outcome, answer) => {
    orders = [answer];
    expect(await courier().deliver(parcel)).toEqual(outcome);
    expect(sent()).toHaveLength(1);
  });

  it('renews a token that has expired, and sends the order again with it', async () => {
    const one = courier();
    orders = [placed, unauthenticated, placed];
    await one.deliver({ ...parcel, invoice: '1' });
    expect(await one.deliver({ ...parcel, invoice: '2' })).toBe('placed');
    expect(sent().map(({ token }) => token)).toEqual(['token 1', 'token 1', 'token 2']);
    expect(tally.retries).toEqual({});
  });

  it('renews an expired token once for several orders that find it so', async () => {
    const one = courier();
    orders = [placed, unauthenticated, unauthenticated, unauthenticated];
    await one.deliver({ ...parcel, invoice: '1' });
    const outcomes = await Promise.all(['2', '3', '4'].map((invoice) => one.deliver({ ...parcel, invoice })));
    expect(outcomes).toEqual(['placed', 'placed', 'placed']);
    expect(tokens).toBe(2);
  });

  it('does not log in for ever when new tokens are refused too', async () => {
    orders = [unauthenticated, unauthenticated, unauthenticated];
    expect(await courier().deliver(parcel)).toEqual({ failed: 'unauthenticated' });
    expect(tokens).toBe(2);
  });

  it('tries a login again that the shop could not answer, but not one that it refused', async () => {
    logins = [unavailable];
    expect(await courier().deliver(parcel)).toBe('placed');
    expect(tally.retries).toEqual({ unavailable: 1 });
    logins = [unauthenticated];
    expect(await courier().deliver(parcel)).toEqual({ failed: 'unauthenticated' });
  });

  it('gives up when its patience is at an end, and says why', async () => {
    orders = Array(100).fill(unavailable) as Scripted[];
    expect(await courier(1_500).deliver(parcel)).toEqual({ failed: 'unavailable' });
    expect(sent().length).toBeGreaterThan(1);
  });

  it('gives up on a shop that is not there any more', async () => {
    await shop.close();
    expect(await courier(0).deliver(parcel)).toEqual({ failed: 'econnrefused' });
    shop = await scriptedShop(() => placed);
  });

  it('stops waiting when it is told to, without an end that it does not know', async () => {
    orders = [{ ...unavailable, headers: { 'retry-after': '5' } }];
    const delivery = courier().deliver(parcel);
    while (tally.requestMs.length === 0) await new Promise(setImmediate);
    stop.abort();
    expect(await delivery).toBe('unfinished');
    expect(sent()).toHaveLength(1);
  });

  describe('before the first order', () => {
    const find = (url = shop.url) => findShop(sessions(url), parcel.email, url, '.data/sample.json');

    it('finds the shop, also one of which a part is away', async () => {
      await find();
      logins = [unavailable];
      await find();
    });

    it.each<[string, Scripted, RegExp]>([
      ['a shop with other passwords', unauthenticated, /does not know customer17850@.* \.data\/sample\.json/],
      ['another server', { status: 404 }, /is not this shop: .* gave 404/],
      ['a server that says yes to everything', { status: 200 }, /is not this shop/],
    ])('says in a sentence that it has found %s', async (_what, answer, sentence) => {
      logins = [answer];
      await expect(find()).rejects.toThrow(sentence);
    });

    it('says in a sentence that nobody answers', async () => {
      await expect(find('http://127.0.0.1:1')).rejects.toThrow(/^no shop answers at http:\/\/127.0.0.1:1 \(/);
    });
  });
});
