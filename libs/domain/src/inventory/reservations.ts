import type { StockLine } from '#contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { ReservationLine } from './reservation-line.entity.js';

type HeldLine = Pick<ReservationLine, 'sku' | 'quantity' | 'status'>;

/**
 * The lines of orders. Each method is one statement over all lines, and takes their rows in SKU order and before those of
 * the stock; so calls for the same order wait for each other, and none for ever.
 */
@Injectable()
export class Reservations {
  constructor(@InjectRepository(ReservationLine) private readonly lines: Repository<ReservationLine>) {}

  /** Adds the lines that the order does not have yet, at the price of this moment; answers those. Unknown SKUs are left out. */
  open(orderId: string, lines: readonly StockLine[]): Promise<ReservationLine[]> {
    return this.lines.query(
      `insert into inventory.reservation (order_id, sku, quantity, unit_price, currency, status)
       select $1, item.sku, line.quantity, item.price, item.currency, 'reserved'
       from inventory.stock_item item
       join unnest($2::text[], $3::bigint[]) line (sku, quantity) on line.sku = item.sku
       order by item.sku
       on conflict (order_id, sku) do nothing
       returning order_id as "orderId", sku, quantity, unit_price as "unitPrice", currency, status,
         created_at as "createdAt"`,
      [orderId, skusOf(lines), lines.map((line) => line.quantity)],
    );
  }

  /** The order's lines of these SKUs, in SKU order. */
  find(orderId: string, lines: readonly StockLine[]): Promise<ReservationLine[]> {
    return this.lines.find({ where: { orderId, sku: In(skusOf(lines)) }, order: { sku: 'ASC' } });
  }

  /** Leaves a tombstone for each line that the order does not have, so that it can never be reserved. */
  async bury(orderId: string, lines: readonly StockLine[]): Promise<void> {
    await this.lines.query(
      `insert into inventory.reservation (order_id, sku, quantity, status)
       select $1, sku, 0, 'released' from unnest($2::text[]) sku order by sku
       on conflict (order_id, sku) do nothing`,
      [orderId, skusOf(lines)],
    );
  }

  /** Turns lines of the status `from` into `to` and answers them as they were. */
  async turn(
    orderId: string,
    lines: readonly StockLine[],
    { from, to }: { from: HeldLine['status'][]; to: HeldLine['status'] },
  ): Promise<HeldLine[]> {
    const [rows] = await this.lines.query<[HeldLine[], number]>(
      `with held as (
         select sku, quantity, status from inventory.reservation
         where order_id = $1 and sku = any($2) and status = any($3)
         order by sku for no key update
       )
       update inventory.reservation line set status = $4
       from held where line.order_id = $1 and line.sku = held.sku
       returning held.sku, held.quantity, held.status`,
      [orderId, skusOf(lines), from, to],
    );
    return rows;
  }
}

const skusOf = (lines: readonly StockLine[]): string[] => lines.map((line) => line.sku);
