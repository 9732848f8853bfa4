import { IsString, Length } from 'class-validator';
import { command, contract, event, query } from 'nestjs-strangler/contract';
import { Count, Id, List, Maybe, Nested } from 'nestjs-strangler/contract';
import { Sku } from './sku.js';
import { Money, mostAtOnce, Page, severally } from './shared.js';

export class BySku {
  @Sku() sku: string;
}

export class Product {
  @Sku() sku: string;
  @IsString() description: string;
  @Nested(() => Money) price: Money;
  /** On the shelf and not promised to an order. */
  @Count() onHand: number;
  /** Promised to orders that are not yet confirmed. */
  @Count() reserved: number;
}

export class Products {
  @List(() => Product) items: Product[];
  @Maybe() @IsString() next?: string | null;
}

/** Products by their SKUs. */
export class BySkus {
  @List(() => BySku, { min: 1, max: mostAtOnce }) products: BySku[];
}

/** Those that there are. */
export class FoundProducts {
  @List(() => Product) items: Product[];
}

export class PutProduct {
  @Sku() sku: string;
  @Length(1, 200) description: string;
  @Nested(() => Money) price: Money;
  @Count() onHand: number;
}

export class Restock {
  @Sku() sku: string;
  @Count(1) quantity: number;
}

export class StockLine {
  @Sku() sku: string;
  @Count(1) quantity: number;
}

/** The lines of one order; a SKU stands in it once. */
export class OrderStock {
  @Id() orderId: string;
  @List(() => StockLine, { min: 1, max: 1_000 }) lines: StockLine[];
}

export class ReservedLine {
  @Sku() sku: string;
  @Count(1) quantity: number;
  @Nested(() => Money) unitPrice: Money;
}

export class Reservation {
  @Id() orderId: string;
  @List(() => ReservedLine) lines: ReservedLine[];
}

export class StockMoved {
  @Id() orderId: string;
}

/** Pieces of one product were set aside for an order. */
export class StockReserved {
  @Sku() sku: string;
  @Id() orderId: string;
  @Count(1) quantity: number;
}

/** So few pieces are left on the shelf, and before this order there were more than a few. */
export class StockLow {
  @Sku() sku: string;
  @Count() onHand: number;
}

export const stockReserved = event('inventory.reserved', { data: StockReserved, key: 'sku' });
export const stockLow = event('inventory.lowStock', { data: StockLow, key: 'sku' });

/** An order's stock, SKU by SKU. */
const bySku = {
  keys: (input: OrderStock) => input.lines.map((line) => line.sku),
  pick: ({ orderId, lines }: OrderStock, keys: readonly string[]): OrderStock => {
    const picked = new Set(keys);
    return { orderId, lines: lines.filter(({ sku }) => picked.has(sku)) };
  },
};

/** In the order in which the input first names them. */
function mergeReservations({ orderId, lines }: OrderStock, parts: readonly Reservation[]): Reservation {
  const reserved = new Map(parts.flatMap((part) => part.lines).map((line) => [line.sku, line]));
  const named = new Set(lines.map(({ sku }) => sku));
  return { orderId, lines: [...named].flatMap((sku) => reserved.get(sku) ?? []) };
}

const moved = ({ orderId }: OrderStock): StockMoved => ({ orderId });

/** Answered in some milliseconds: a copy that takes so long is stuck, and there is time to ask another one. */
const browsing = { timeoutMs: 4_000, policy: { tryMs: 1_000 } };

/** Nobody else knows what came of it: whoever keeps the stock waits for the answer, also while a disk is slow. */
const keeping = { timeoutMs: 5_000, policy: { tryMs: 2_000 } };

export const inventory = contract('inventory', {
  ownership: 'by-key',
  operations: {
    getProduct: query({
      who: 'anyone',
      input: BySku,
      output: Product,
      errors: ['not_found'],
      key: 'sku',
      ...browsing,
    }),
    getProducts: query({
      who: 'anyone',
      input: BySkus,
      output: FoundProducts,
      ...severally<BySkus, FoundProducts>('products', 'sku'),
      ...browsing,
    }),
    listProducts: query({ who: 'anyone', input: Page, output: Products, reads: 'any', ...browsing }),
    putProduct: command({ who: 'admin', input: PutProduct, output: Product, key: 'sku', ...keeping }),
    /** `too_much_stock`: with it there would be more pieces than a count can tell (2,147,483,647). */
    restock: command({
      who: 'admin',
      input: Restock,
      output: Product,
      errors: ['not_found', 'too_much_stock'],
      key: 'sku',
      ...keeping,
    }),
    /** Sets stock aside for an order, all lines or none, and answers the prices of this moment. */
    reserve: command({
      input: OrderStock,
      output: Reservation,
      errors: ['not_found', 'out_of_stock', 'order_cancelled'],
      ...bySku,
      merge: mergeReservations,
      undo: 'release',
    }),
    /** Puts an order's stock back on the shelf, reserved or sold; before its `reserve` it refuses that one for ever. */
    release: command({ input: OrderStock, output: StockMoved, ...bySku, merge: moved }),
    /** The order is confirmed: reserved stock counts as sold. What was released stays on the shelf. */
    commit: command({ input: OrderStock, output: StockMoved, ...bySku, merge: moved }),
  },
  events: [stockReserved, stockLow],
});
