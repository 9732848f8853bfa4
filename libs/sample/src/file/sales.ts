import { isGoods, skuOf, type Catalogue } from './catalogue.js';
import { groupBy } from './group-by.js';
import type { Line } from './lines.js';

/** What becomes of a line: it is sold, or left out for the first of these reasons that holds. */
export const lineFates = ['sold', 'cancellation', 'no_goods', 'no_quantity', 'not_for_sale'] as const;
export type LineFate = (typeof lineFates)[number];

/** What becomes of an invoice. */
export const invoiceFates = ['for_sale', 'nothing_to_sell', 'cancellation'] as const;
export type InvoiceFate = (typeof invoiceFates)[number];

/** An invoice as the order that it makes; a SKU stands in it once. */
export interface Sale {
  invoice: string;
  customer: string | undefined;
  items: { sku: string; quantity: number }[];
}

/** The sales of the file in its order, and what became of every line and every invoice. */
export interface Sales {
  sales: Sale[];
  lines: Record<LineFate, number>;
  invoices: Record<InvoiceFate, number>;
}

/** A sale has a number; what begins with a letter (C: cancelled, A: adjusted) takes something back. */
const isSale = (invoice: string): boolean => /^\d/.test(invoice);

/** Sorts one line. */
export function fateOf(line: Line, { offers }: Pick<Catalogue, 'offers'>): LineFate {
  const sku = skuOf(line.code);
  if (!isSale(line.invoice)) return 'cancellation';
  if (!isGoods(sku)) return 'no_goods';
  if (line.quantity <= 0) return 'no_quantity';
  return offers.has(sku) ? 'sold' : 'not_for_sale';
}

/** Makes the sales: nothing of the file is dropped in silence, the counts add up to all of it. */
export function salesOf(lines: readonly Line[], catalogue: Pick<Catalogue, 'offers'>): Sales {
  const lineCounts = zeros(lineFates);
  const invoiceCounts = zeros(invoiceFates);
  const sales: Sale[] = [];
  for (const invoice of groupBy(lines, (line) => line.invoice).values()) {
    const fates = invoice.map((line) => fateOf(line, catalogue));
    for (const fate of fates) lineCounts[fate]++;
    const sold = invoice.filter((_line, i) => fates[i] === 'sold');
    const [first] = sold;
    if (first) sales.push({ invoice: first.invoice, customer: first.customer, items: itemsOf(sold) });
    invoiceCounts[first ? 'for_sale' : emptyFate(fates)]++;
  }
  return { sales, lines: lineCounts, invoices: invoiceCounts };
}

const emptyFate = (fates: readonly LineFate[]): InvoiceFate =>
  fates.includes('cancellation') ? 'cancellation' : 'nothing_to_sell';

function itemsOf(lines: readonly Line[]): Sale['items'] {
  const quantities = new Map<string, number>();
  for (const { code, quantity } of lines) {
    quantities.set(skuOf(code), (quantities.get(skuOf(code)) ?? 0) + quantity);
  }
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}

const zeros = <const K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
