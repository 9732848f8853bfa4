import { Events } from 'nestjs-strangler';
import { type Handlers } from 'nestjs-strangler/contract';
import {
  defaultLimit,
  inventory,
  stockLow,
  stockReserved,
  type BySku,
  type OrderStock,
  type Page,
  type Product,
  type Products,
  type PutProduct,
  type Reservation,
  type Restock,
  type StockLine,
  type StockMoved,
  type BySkus,
  type FoundProducts,
} from '#contracts';
import { pageOf } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, MoreThan, Repository } from 'typeorm';
import { reservedLineOf, type ReservationLine } from './reservation-line.entity.js';
import { Reservations } from './reservations.js';
import { productOf, StockItem } from './stock-item.entity.js';
import { Stock } from './stock.js';

/** Of pieces on the shelf and promised ones, which can come back to it: what a `Count` can tell. */
const mostCounted = 2_147_483_647;

/** With fewer pieces on the shelf a product is to be bought again. */
const fewPieces = 10;

const columns = `sku, description, price, currency, on_hand as "onHand", reserved, sold, received`;

/** The catalogue, and stock for orders: on the shelf, then reserved, then sold, or back. */
@Injectable()
export class InventoryService implements Handlers<typeof inventory> {
  constructor(
    @InjectRepository(StockItem) private readonly items: Repository<StockItem>,
    private readonly stock: Stock,
    private readonly reservations: Reservations,
    private readonly events: Events,
  ) {}

  async getProduct({ sku }: BySku): Promise<Product> {
    const item = await this.items.findOneBy({ sku });
    if (!item) throw inventory.error('getProduct', 'not_found', { sku });
    return productOf(item);
  }

  async getProducts({ products }: BySkus): Promise<FoundProducts> {
    const found = await this.items.findBy({ sku: In(products.map(({ sku }) => sku)) });
    return { items: found.map(productOf) };
  }

  async listProducts({ after, limit }: Page): Promise<Products> {
    const take = limit ?? defaultLimit;
    const rows = await this.items.find({
      where: after ? { sku: MoreThan(after) } : {},
      order: { sku: 'ASC' },
      take: take + 1,
    });
    return pageOf(rows.map(productOf), take, (product) => product.sku);
  }

  /** A count that differs from the books is a correction: the account of what came in follows it. */
  async putProduct({ sku, description, price, onHand }: PutProduct): Promise<Product> {
    const [item] = await this.items.query<[StockItem]>(
      `insert into inventory.stock_item as item (sku, description, price, currency, on_hand, received)
       values ($1, $2, $3, $4, $5, $5)
       on conflict (sku) do update set
         description = excluded.description,
         price       = excluded.price,
         currency    = excluded.currency,
         received    = item.received + excluded.on_hand - item.on_hand,
         on_hand     = excluded.on_hand
       returning ${columns}`,
      [sku, description, price.amount, price.currency, onHand],
    );
    return productOf(item);
  }

  async restock({ sku, quantity }: Restock): Promise<Product> {
    const [[item]] = await this.items.query<[StockItem[], number]>(
      `update inventory.stock_item set on_hand = on_hand + $2, received = received + $2
       where sku = $1 and on_hand + reserved + $2 <= $3 returning ${columns}`,
      [sku, quantity, mostCounted],
    );
    if (item) return productOf(item);
    if (await this.items.existsBy({ sku }))
      throw inventory.error('restock', 'too_much_stock', { sku, quantity });
    throw inventory.error('restock', 'not_found', { sku });
  }

  /** Refuses in this order: a line that was released, an unknown SKU, too little stock; of several, the first in SKU order. */
  async reserve({ orderId, lines }: OrderStock): Promise<Reservation> {
    const wanted = mergeBySku(lines);
    const opened = await this.reservations.open(orderId, wanted);
    const held = opened.length === wanted.length ? opened : await this.reservations.find(orderId, wanted);
    refuseReleased(held);
    refuseUnknown(wanted, held);
    await this.takeFromShelf(opened);
    const bySku = new Map(held.map((line) => [line.sku, line]));
    return { orderId, lines: wanted.map(({ sku }) => reservedLineOf(bySku.get(sku) as ReservationLine)) };
  }

  async release({ orderId, lines }: OrderStock): Promise<StockMoved> {
    const ended = mergeBySku(lines);
    // First, so that each line has a row: a reserve that comes at the same time waits there, or is seen here.
    await this.reservations.bury(orderId, ended);
    const held = await this.reservations.turn(orderId, ended, { from: ['reserved', 'sold'], to: 'released' });
    await this.stock.moveAll(
      held.map(({ sku, quantity, status }) => ({
        sku,
        onHand: quantity,
        reserved: status === 'reserved' ? -quantity : 0,
        sold: status === 'sold' ? -quantity : 0,
      })),
    );
    return { orderId };
  }

  async commit({ orderId, lines }: OrderStock): Promise<StockMoved> {
    const wanted = mergeBySku(lines);
    const turned = await this.reservations.turn(orderId, wanted, { from: ['reserved'], to: 'sold' });
    if (turned.length < wanted.length) {
      // What the customer has cancelled in between stays released: nothing is left to be sold.
      const held = await this.reservations.find(orderId, wanted);
      if (held.length < wanted.length) throw new Error(`order ${orderId} has not reserved what it commits`);
    }
    await this.stock.moveAll(
      turned.map(({ sku, quantity }) => ({ sku, onHand: 0, reserved: -quantity, sold: quantity })),
    );
    return { orderId };
  }

  private async takeFromShelf(lines: readonly ReservationLine[]): Promise<void> {
    const taken = await this.stock.move(
      lines.map(({ sku, quantity }) => ({ sku, onHand: -quantity, reserved: quantity, sold: 0 })),
    );
    const short = [...lines].sort(bySkuOrder).find(({ sku }) => !taken.has(sku));
    if (!short) return this.tellReserved(lines, taken);
    const { sku, quantity: wanted } = short;
    throw inventory.error('reserve', 'out_of_stock', {
      sku,
      wanted,
      available: await this.stock.onHand(sku),
    });
  }

  private tellReserved(lines: readonly ReservationLine[], left: ReadonlyMap<string, number>): void {
    for (const { orderId, sku, quantity } of lines) {
      this.events.emit(stockReserved, { orderId, sku, quantity });
      const onHand = left.get(sku)!;
      if (onHand < fewPieces && onHand + quantity >= fewPieces) this.events.emit(stockLow, { sku, onHand });
    }
  }
}

/** One line a SKU, in the order in which they first came. Who asks twice wants both. */
function mergeBySku(lines: readonly StockLine[]): StockLine[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}

function refuseReleased(held: readonly ReservationLine[]): void {
  const released = held.find((line) => line.status === 'released');
  if (released) throw inventory.error('reserve', 'order_cancelled', { sku: released.sku });
}

function refuseUnknown(wanted: readonly StockLine[], held: readonly ReservationLine[]): void {
  const known = new Set(held.map((line) => line.sku));
  const unknown = [...wanted].sort(bySkuOrder).find(({ sku }) => !known.has(sku));
  if (unknown) throw inventory.error('reserve', 'not_found', { sku: unknown.sku });
}

/** By code point, as the database sorts them. */
const bySkuOrder = (a: StockLine, b: StockLine): number => (a.sku < b.sku ? -1 : 1);
