import { type Handlers } from 'nestjs-strangler/contract';
import {
  defaultLimit,
  orders,
  type ById,
  type ListOrders,
  type Order,
  type OrderRef,
  type Orders,
  type IdPage,
} from '#contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThan, type FindOptionsWhere, type Repository } from 'typeorm';
import { OrderRow } from './order.entity.js';

/** The orders themselves. What spans modules is in the sagas beside it. */
@Injectable()
export class OrdersService implements Handlers<typeof orders> {
  constructor(@InjectRepository(OrderRow) private readonly rows: Repository<OrderRow>) {}

  async getOrder({ userId, id }: OrderRef): Promise<Order> {
    const row = await this.rows.findOneBy({ id, userId });
    if (!row) throw orders.error('getOrder', 'not_found', { id });
    return row.toOrder();
  }

  async findOrder({ id }: ById): Promise<Order> {
    const row = await this.rows.findOneBy({ id });
    if (!row) throw orders.error('findOrder', 'not_found', { id });
    return row.toOrder();
  }

  listOrders({ userId, ...page }: ListOrders): Promise<Orders> {
    return this.list({ userId }, page);
  }

  listAllOrders(page: IdPage): Promise<Orders> {
    return this.list({}, page);
  }

  /** Newest first: ids are UUIDv7, so their order is the order of time. */
  private async list(where: FindOptionsWhere<OrderRow>, { after, limit }: IdPage): Promise<Orders> {
    const take = limit ?? defaultLimit;
    const rows = await this.rows.find({
      where: after ? { ...where, id: LessThan(after) } : where,
      order: { id: 'desc' },
      take: take + 1,
    });
    const items = rows.slice(0, take).map((row) => row.toOrder());
    return { items, next: rows.length > take ? (items.at(-1)?.id ?? null) : null };
  }

  /** Writes an order down while its payment is still open. */
  async open(order: Omit<Order, 'status' | 'createdAt' | 'paymentId'>): Promise<void> {
    const { total, ...rest } = order;
    await this.rows.insert({
      ...rest,
      status: 'pending',
      total: total.amount,
      currency: total.currency,
      paymentId: null,
    });
  }

  /** The payment cannot be made now; it is tried again. */
  async awaitPayment(id: string): Promise<void> {
    await this.rows.update({ id, status: In(['pending', 'pending_payment']) }, { status: 'pending_payment' });
  }

  /** @throws {DomainError} `order_cancelled` when the customer was faster. */
  async confirm(id: string, paymentId: string): Promise<void> {
    const open = { id, status: In(['pending', 'pending_payment']) };
    const { affected } = await this.rows.update(open, { status: 'confirmed', paymentId });
    if (affected !== 1) throw orders.error('place', 'order_cancelled', { id });
  }

  /** Takes an unconfirmed order back. One that its customer has seen stays, cancelled; any other never was. */
  async discard(id: string): Promise<void> {
    await this.rows.delete({ id, status: 'pending' });
    await this.rows.update({ id, status: 'pending_payment' }, { status: 'cancelled' });
  }

  /** Decides that the order is cancelled; from here on it can no longer be confirmed. */
  async cancel({ userId, id }: OrderRef): Promise<Order> {
    const row = await this.rows.findOne({ where: { id, userId }, lock: { mode: 'pessimistic_write' } });
    if (!row) throw orders.error('cancel', 'not_found', { id });
    await this.rows.update({ id }, { status: 'cancelled' });
    row.status = 'cancelled';
    return row.toOrder();
  }
}
