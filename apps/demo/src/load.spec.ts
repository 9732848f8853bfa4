import type { Answer, SampleInvoice } from '#sample';
import { until } from '../../../test/support/until.js';
import { againAndAgain, Load } from './load.js';
import { OrderBook } from './order-book.js';

const invoices = ['536365', '536366'].map((invoice): SampleInvoice => ({
  invoice,
  user: { id: '', email: 'a@sample.example', name: '', country: null },
  items: [{ sku: 'A1', quantity: 1 }],
}));
const answer = (status: number, body: Record<string, unknown> = {}): Answer => ({
  status,
  code: typeof body.code === 'string' ? body.code : undefined,
  body,
  retryAfterMs: 0,
});

/** A shop that makes an order a key, unless a test says otherwise. */
class PaperShop {
  readonly keys: string[] = [];
  readonly paths: string[] = [];
  orders: (key: string) => Answer = (key) => answer(201, { id: `order of ${key}`, status: 'confirmed' });
  logIn = async (): Promise<Answer> => answer(201, { accessToken: 't' });
  order = async (_token: string, key: string): Promise<Answer> => {
    this.keys.push(key);
    return this.orders(key);
  };
  read = async (path: string): Promise<Answer> => {
    this.paths.push(path);
    return path.includes('missing') ? answer(404, { code: 'not_found' }) : answer(200);
  };
}

describe('the load', () => {
  let shop: PaperShop;
  let book: OrderBook;

  beforeEach(() => {
    shop = new PaperShop();
    book = new OrderBook();
  });

  const run = async (enough: () => boolean, skus = ['A1']): Promise<Load> => {
    const load = new Load({ client: shop, invoices, skus, password: 'p', rate: 500 }, book);
    load.start();
    await until('enough', () => (enough() ? true : undefined));
    await load.end();
    return load;
  };

  it('sends the month over and over, each time under other keys', async () => {
    const load = await run(() => shop.keys.length > 4);
    expect(shop.keys.slice(0, 4)).toEqual([
      'demo-1-536365',
      'demo-1-536366',
      'demo-2-536365',
      'demo-2-536366',
    ]);
    expect(new Set(shop.keys).size).toBe(shop.keys.length);
    expect(load.figures.sent).toBe(shop.keys.length);
    expect(load.figures.outcomes).toMatchObject({ placed: shop.keys.length });
    expect(book.promised.size).toBe(shop.keys.length);
    expect(book.errorCount).toBe(0);
  });

  it('looks orders up that it was promised, and browses', async () => {
    const order = '/orders/order of demo-1-536365';
    const all = [order, `${order}/payment`, '/products/A1', '/products?limit=20'];
    const load = await run(() => all.every((path) => shop.paths.includes(path)));
    expect(load.figures.reads).toBe(shop.paths.length);
  });

  it('repeats an order whose answer was lost with its key, and does not hide that it was lost', async () => {
    let lost = 0;
    const good = shop.orders;
    shop.orders = (key) => (lost++ === 0 ? { ...answer(0), code: 'econnreset' } : good(key));
    await run(() => book.promised.size > 2);
    expect(shop.keys.filter((key) => key === shop.keys[0])).toHaveLength(2);
    expect(book.errors).toEqual({ 'order: econnreset': 1 });
    expect(book.twice.size).toBe(0);
  });

  it('notices a key that makes two orders', async () => {
    book.ordered('t', 'k', answer(201, { id: 'one' }), 0);
    book.ordered('t', 'k', answer(201, { id: 'one' }), 0);
    expect([...book.twice]).toEqual([]);
    book.ordered('t', 'k', answer(201, { id: 'two' }), 0);
    expect([...book.twice]).toEqual(['k']);
  });

  it('counts what callers had to see: refusals, and reads that fail', async () => {
    shop.orders = () => answer(409, { code: 'out_of_stock' });
    const load = await run(() => Object.keys(book.errors).length > 1, ['missing']);
    expect(Object.keys(book.errors).sort()).toEqual(['order: out_of_stock', 'product: not_found']);
    expect(load.figures.outcomes.out_of_stock).toBe(load.figures.sent);
    expect(book.promised.size).toBe(0);
  });

  it('does not take an expired token for an error', () => {
    book.ordered('t', 'k', answer(401, { code: 'unauthenticated' }), 0);
    expect(book.errorCount).toBe(0);
  });

  it('does not wait for a shop that has gone when it is abandoned', async () => {
    shop.orders = () => ({ ...answer(503, { code: 'unavailable' }), retryAfterMs: 5_000 });
    const load = new Load({ client: shop, invoices, skus: ['A1'], password: 'p', rate: 500 }, book);
    load.start();
    await until('an order waits', () => (book.errorCount > 0 ? true : undefined));
    await load.abandon();
    expect(load.figures.outcomes.unfinished).toBeGreaterThan(0);
  });
});

it('the month never ends', () => {
  const month = againAndAgain(invoices);
  const keys = Array.from({ length: 5 }, () => (month.next().value as SampleInvoice).invoice);
  expect(keys).toEqual(['1-536365', '1-536366', '2-536365', '2-536366', '3-536365']);
});
