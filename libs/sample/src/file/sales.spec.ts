import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { catalogueOf } from './catalogue.js';
import { line } from './line.fixture.js';
import type { Line } from './lines.js';
import { fateOf, salesOf } from './sales.js';

const offers = new Map([['85123A', { sku: '85123A', description: 'HEART', price: 255 }]]);
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

describe('the sales', () => {
  it.each([
    ['sold', {}],
    ['sold', { price: 0 }],
    ['cancellation', { invoice: 'C536379', quantity: -1 }],
    ['cancellation', { invoice: 'A563185' }],
    ['no_goods', { code: 'POST', quantity: -1 }],
    ['no_quantity', { quantity: -9_360 }],
    ['no_quantity', { quantity: 0, code: '21134' }],
    ['not_for_sale', { code: '21134' }],
  ])('calls a line %s: %j', (fate, change) => {
    expect(fateOf(line(change), { offers })).toBe(fate);
  });

  it('orders a SKU once, however often the invoice names it', () => {
    const twice = [line({ quantity: 6 }), line({ code: '85123a', quantity: 4 })];
    expect(salesOf(twice, { offers }).sales).toEqual([
      { invoice: '536365', customer: '17850', items: [{ sku: '85123A', quantity: 10 }] },
    ]);
  });

  it('sends no empty order, but counts the invoice', () => {
    const { sales, invoices } = salesOf([line({ code: 'POST' }), line({ invoice: 'C1' })], { offers });
    expect(sales).toEqual([]);
    expect(invoices).toEqual({ for_sale: 0, nothing_to_sell: 1, cancellation: 1 });
  });

  it('accounts for every line and invoice, whatever the file holds', () => {
    assert(
      property(array(anyLine), (lines) => {
        const { sales, ...counts } = salesOf(lines, catalogueOf(lines));
        expect(sum(counts.lines)).toBe(lines.length);
        expect(sum(counts.invoices)).toBe(new Set(lines.map(({ invoice }) => invoice)).size);
        expect(counts.invoices.for_sale).toBe(sales.length);
      }),
    );
  });

  it('orders each sold piece once, and nothing that cannot be ordered', () => {
    assert(
      property(array(anyLine), (lines) => {
        const catalogue = catalogueOf(lines);
        const items = salesOf(lines, catalogue).sales.flatMap((sale) => sale.items);
        const sold = lines.filter((one) => fateOf(one, catalogue) === 'sold');
        expect(items.every(({ sku, quantity }) => catalogue.offers.has(sku) && quantity > 0)).toBe(true);
        expect(pieces(items)).toBe(pieces(sold));
      }),
    );
  });
});

const anyLine = record({
  invoice: constantFrom('1', '2', '3', 'C4', 'A5'),
  code: constantFrom('10001', '10001a', '10001A', '10002', 'POST', 'gift_0001_40'),
  quantity: integer({ min: -3, max: 5 }),
  price: integer({ min: -1, max: 3 }),
}).map((fields): Line => line(fields));

const pieces = (items: readonly { quantity: number }[]) =>
  items.reduce((total, { quantity }) => total + quantity, 0);
