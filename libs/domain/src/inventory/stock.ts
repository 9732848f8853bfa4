import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { StockItem } from './stock-item.entity.js';

/** Pieces that change their place: what is added to each (taken away, if negative). The three add up to zero. */
export interface StockMove {
  sku: string;
  onHand: number;
  reserved: number;
  sold: number;
}

/** Moves pieces between shelf, promise and sale, for any number of SKUs in one statement. */
@Injectable()
export class Stock {
  constructor(@InjectRepository(StockItem) private readonly items: Repository<StockItem>) {}

  /**
   * Moves what can be moved and answers what is on the shelf now, by SKU: one is left out when its shelf would go below zero. The rows
   * stay locked, also of those left out. They are locked in SKU order: two orders with the same SKUs in another order
   * would else wait for each other for ever.
   */
  async move(moves: readonly StockMove[]): Promise<ReadonlyMap<string, number>> {
    if (moves.length === 0) return new Map();
    const [rows] = await this.items.query<[{ sku: string; onHand: number }[], number]>(
      `with move as (
         select item.sku, delta.on_hand, delta.reserved, delta.sold
         from inventory.stock_item item
         join unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) delta (sku, on_hand, reserved, sold)
           on delta.sku = item.sku
         order by item.sku
         for no key update of item
       )
       update inventory.stock_item item set
         on_hand  = item.on_hand + move.on_hand,
         reserved = item.reserved + move.reserved,
         sold     = item.sold + move.sold
       from move
       -- Looked at again on the newest version of the row, should it have changed while we waited for its lock.
       where item.sku = move.sku and item.on_hand + move.on_hand >= 0
       returning item.sku, item.on_hand::float8 as "onHand"`,
      [column(moves, 'sku'), column(moves, 'onHand'), column(moves, 'reserved'), column(moves, 'sold')],
    );
    return new Map(rows.map(({ sku, onHand }) => [sku, onHand]));
  }

  /** Moves all. @throws when one cannot be moved, which would mean that the books are wrong. */
  async moveAll(moves: readonly StockMove[]): Promise<void> {
    const moved = await this.move(moves);
    const stuck = moves.find(({ sku }) => !moved.has(sku));
    if (stuck) throw new Error(`the stock of ${stuck.sku} does not hold what an order has of it`);
  }

  /** Pieces on the shelf. */
  async onHand(sku: string): Promise<number> {
    return (await this.items.findOneBy({ sku }))?.onHand ?? 0;
  }
}

const column = <K extends keyof StockMove>(moves: readonly StockMove[], key: K): StockMove[K][] =>
  moves.map((move) => move[key]);
