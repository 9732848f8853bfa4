import type { PutProduct, StockLine } from '#contracts';
import { projectRoot } from '#platform';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { catalogueOf, type Catalogue } from './catalogue.js';
import { customersOf, walkIn, type SampleUser } from './customers.js';
import { readLines, type Line } from './lines.js';
import { salesOf, type InvoiceFate, type LineFate, type Sale } from './sales.js';

/** An invoice of the file, ready to be ordered. */
export interface SampleInvoice {
  invoice: string;
  user: SampleUser;
  items: StockLine[];
}

/** What became of everything in the file; `lines` and `invoices` add up to all of it. */
export interface SampleReport {
  lines: Record<LineFate, number>;
  invoices: Record<InvoiceFate, number>;
  /** Stock codes after their spelling is made one. */
  codes: { products: number; notForSale: readonly string[]; noGoods: readonly string[] };
  users: number;
}

/** The shop that the file makes. */
export interface Sample {
  /** In the order of loading; the last is the walk-in customer. */
  users: SampleUser[];
  /** In the order of loading, by SKU. */
  products: PutProduct[];
  /** Sales in the order of the file. */
  invoices: SampleInvoice[];
  report: SampleReport;
}

/** How often the month can be replayed before its goods run out. */
const months = 10;
/** Every product has at least this many pieces, also one that the month does not sell. */
const leastStock = 100;

/** Reads the file that comes with the project; takes about a second. */
export async function readSample(): Promise<Sample> {
  const packed = await readFile(join(projectRoot(), 'data', 'online-retail-2010-12.csv.gz'));
  return sampleOf(readLines((await promisify(gunzip)(packed)).toString('utf8')));
}

/** Makes the shop out of the file's lines, by the rules in data/README.md. */
export function sampleOf(lines: readonly Line[]): Sample {
  const catalogue = catalogueOf(lines);
  const { sales, ...counts } = salesOf(lines, catalogue);
  const customers = customersOf(lines);
  const users = [...customers.values(), walkIn];
  const products = productsOf(catalogue, sales);
  return {
    users,
    products,
    invoices: sales.map(({ invoice, customer, items }) => ({
      invoice,
      user: customers.get(customer ?? '') ?? walkIn,
      items,
    })),
    report: { ...counts, codes: codesOf(catalogue), users: users.length },
  };
}

function productsOf({ offers }: Catalogue, sales: readonly Sale[]): PutProduct[] {
  const ordered = new Map<string, number>();
  for (const { items } of sales) {
    for (const { sku, quantity } of items) ordered.set(sku, (ordered.get(sku) ?? 0) + quantity);
  }
  return [...offers.values()].map(({ sku, description, price }) => ({
    sku,
    description,
    price: { amount: price, currency: 'GBP' },
    onHand: Math.max(leastStock, months * (ordered.get(sku) ?? 0)),
  }));
}

const codesOf = ({ offers, notForSale, noGoods }: Catalogue): SampleReport['codes'] => ({
  products: offers.size,
  notForSale,
  noGoods,
});
