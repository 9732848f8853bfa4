import { groupBy } from './group-by.js';
import type { Line } from './lines.js';
import { mostFrequent } from './most-frequent.js';

/** What the shop sells under a stock code, and for how much. */
export interface Offer {
  sku: string;
  description: string;
  /** Pence, always positive. */
  price: number;
}

/** Every stock code of the file, sorted into what is sold, what has no price, and what is no goods. */
export interface Catalogue {
  offers: ReadonlyMap<string, Offer>;
  /** Goods without any positive price. */
  notForSale: readonly string[];
  /** Postage, discounts, fees, gift vouchers. */
  noGoods: readonly string[];
}

/** One spelling for a stock code: the file writes 60 of them both with `a` and with `A`. */
export const skuOf = (code: string): string => code.trim().toUpperCase();

/** Goods have five digits and perhaps letters for the variant; POST, M, BANK CHARGES, gift_0001_40… are none. */
export const isGoods = (sku: string): boolean => /^\d{5}[A-Z]*$/.test(sku);

/** Makes the catalogue: for each code the usual price and the usual description, because the file has several. */
export function catalogueOf(lines: readonly Line[]): Catalogue {
  const bySku = groupBy(lines, (line) => skuOf(line.code));
  const skus = [...bySku.keys()].sort();
  const goods = skus.filter(isGoods);
  const offers = goods
    .map((sku) => offerOf(sku, bySku.get(sku) as Line[]))
    .filter((offer) => offer !== undefined);
  const sold = new Map(offers.map((offer) => [offer.sku, offer]));
  return {
    offers: sold,
    notForSale: goods.filter((sku) => !sold.has(sku)),
    noGoods: skus.filter((sku) => !isGoods(sku)),
  };
}

function offerOf(sku: string, lines: readonly Line[]): Offer | undefined {
  const price = mostFrequent(lines.map((line) => line.price).filter((amount) => amount > 0));
  const description = mostFrequent(lines.map((line) => line.description).filter((text) => text !== ''));
  return price === undefined ? undefined : { sku, description: description ?? sku, price };
}
