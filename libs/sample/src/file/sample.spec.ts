import { ImportUser, PlaceOrder, PutProduct } from '#contracts';
import { Schema } from 'nestjs-strangler/contract';
import { lastLoaded, shippedMarks } from '../load/marks.js';
import { readSample, type Sample } from './sample.js';

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

describe('the sample that comes with the project', () => {
  let sample: Sample;

  beforeAll(async () => {
    sample = await readSample();
  });

  it('accounts for all 42,481 lines and 2,025 invoices', () => {
    const { lines, invoices } = sample.report;
    expect(lines).toEqual({
      sold: 41_498,
      cancellation: 728,
      no_goods: 170,
      no_quantity: 70,
      not_for_sale: 15,
    });
    expect(invoices).toEqual({ for_sale: 1_608, nothing_to_sell: 91, cancellation: 326 });
    expect(sum(lines)).toBe(42_481);
    expect(sum(invoices)).toBe(2_025);
  });

  it('makes products and users that their modules accept', () => {
    const products = Schema.of(PutProduct);
    const users = Schema.of(ImportUser);
    for (const product of sample.products) expect(products.parse(product)).toEqual(product);
    for (const { country, ...user } of sample.users) {
      const input = { ...user, role: 'user', profile: { country }, passwordHash: 'x' };
      expect(users.parse(input)).toEqual(input);
    }
  });

  it('makes orders that the shop accepts, with known users and products only', () => {
    const orders = Schema.of(PlaceOrder);
    const skus = new Set(sample.products.map(({ sku }) => sku));
    const users = new Set(sample.users);
    for (const { user, items } of sample.invoices) {
      const order = { userId: user.id, items, payment: { token: 'tok_ok' } };
      expect(orders.parse(order)).toEqual(order);
      expect(users.has(user)).toBe(true);
      expect(items.filter(({ sku }) => !skus.has(sku))).toEqual([]);
    }
  });

  it('has stock for ten months of it', () => {
    const ordered = new Map<string, number>();
    for (const { items } of sample.invoices) {
      for (const { sku, quantity } of items) ordered.set(sku, (ordered.get(sku) ?? 0) + quantity);
    }
    const short = sample.products.filter(
      ({ sku, onHand }) => onHand < 10 * (ordered.get(sku) ?? 0) || onHand < 100,
    );
    expect(short).toEqual([]);
  });

  it('gives every customer an id and an e-mail of their own, the same at every reading', async () => {
    expect(sample.users).toHaveLength(949);
    expect(new Set(sample.users.map(({ id }) => id)).size).toBe(949);
    expect(new Set(sample.users.map(({ email }) => email)).size).toBe(949);
    expect((await readSample()).users).toEqual(sample.users);
  });

  it('ends, for each module, with the row by which a start sees that all is loaded', () => {
    expect(lastLoaded(sample)).toEqual(shippedMarks);
  });
});
