import type { CustomerSummary, OrderTold } from '#contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import { CustomerProduct, CustomerSales } from './customer-sales.entity.js';

/** How many of the products that a customer has bought most are told. */
const mostBought = 5;

/** What customers have bought: written by events of orders alone, one after the other for each customer. */
@Injectable()
export class SalesView {
  constructor(
    @InjectRepository(CustomerSales) private readonly sales: Repository<CustomerSales>,
    @InjectRepository(CustomerProduct) private readonly products: Repository<CustomerProduct>,
  ) {}

  /** An order counts (`1`), or counts no more (`-1`). */
  async count({ orderId, userId, items, total }: OrderTold, times: 1 | -1): Promise<void> {
    await this.sales.query(
      `insert into orders.customer_sales as s (user_id, currency, orders, spent, last_order_id)
       values ($1, $2, $3::int, $3::int * $4::bigint, $5)
       on conflict (user_id, currency) do update set orders = s.orders + excluded.orders, spent = s.spent + excluded.spent,
         last_order_id = greatest(s.last_order_id, excluded.last_order_id)`,
      [userId, total.currency, times, total.amount, orderId],
    );
    await this.products.query(
      `insert into orders.customer_product as p (user_id, sku, quantity)
       select $1, sku, $2::int * sum(quantity) from unnest($3::text[], $4::bigint[]) l (sku, quantity) group by sku order by sku
       on conflict (user_id, sku) do update set quantity = p.quantity + excluded.quantity`,
      [userId, times, items.map(({ sku }) => sku), items.map(({ quantity }) => quantity)],
    );
  }

  async of(userId: string): Promise<CustomerSummary> {
    const sales = await this.sales.find({ where: { userId }, order: { currency: 'asc' } });
    const products = await this.products.find({
      where: { userId, quantity: MoreThan(0) },
      order: { quantity: 'desc', sku: 'asc' },
      take: mostBought,
    });
    return {
      userId,
      sales: sales.map(({ currency, orders, spent }) => ({ orders, spent: { amount: spent, currency } })),
      lastOrderId:
        sales
          .map(({ lastOrderId }) => lastOrderId)
          .sort()
          .at(-1) ?? null,
      products: products.map(({ sku, quantity }) => ({ sku, quantity })),
    };
  }
}
