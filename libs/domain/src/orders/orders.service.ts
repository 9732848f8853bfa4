import { Events } from 'nestjs-strangler';
import { type Handlers } from 'nestjs-strangler/contract';
import {
  cancelled,
  confirmed,
  defaultLimit,
  orders,
  orderStatuses,
  placed,
  type ByCustomer,
  type ById,
  type CustomerSummary,
  type FoundOrders,
  type ListOrders,
  type ListOrdersOf,
  type Order,
  type OrderRef,
  type Orders,
  type OrderStatus,
  type OrderTold,
  type UserErased,
  type UserTold,
  type IdPage,
} from '#contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type FindOptionsWhere, type Repository } from 'typeorm';
import { Customers } from './customers.js';
import { OrderRow } from './order.entity.js';
import { SalesView } from './sales-view.js';

/** So many of each customer where nothing is said. */
const latestByDefault = 10;

/** The orders themselves. What spans modules is in the sagas beside it. */
@Injectable()
export class OrdersService implements Handlers<typeof orders> {
  constructor(
    @InjectRepository(OrderRow) private readonly rows: Repository<OrderRow>,
    private readonly customers: Customers,
    private readonly sales: SalesView,
    private readonly events: Events,
  ) {}

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

  async listOrdersOf({ customers, limit }: ListOrdersOf): Promise<FoundOrders> {
    const latest = `id in (
      select latest.id from unnest(:customers::uuid[]) as customer (id)
      cross join lateral (
        select o.id from orders.orders o where o.user_id = customer.id order by o.id desc limit :most
      ) latest)`;
    const rows = await this.rows
      .createQueryBuilder('order')
      .where(latest, { customers: customers.map(({ userId }) => userId), most: limit ?? latestByDefault })
      .orderBy('id', 'DESC')
      .getMany();
    const byCustomer = new Map<string, Order[]>();
    for (const row of rows)
      byCustomer.set(row.userId, [...(byCustomer.get(row.userId) ?? []), row.toOrder()]);
    return { items: [...byCustomer].map(([userId, own]) => ({ userId, orders: own })) };
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
    // While nothing is told nobody hears of another e-mail either.
    const customerEmail = this.events.areTold
      ? await this.customers.emailFor(order.userId, order.customerEmail)
      : order.customerEmail;
    await this.rows.insert({
      ...rest,
      customerEmail,
      status: 'pending',
      total: total.amount,
      currency: total.currency,
      paymentId: null,
    });
  }

  /** The payment cannot be made now; it is tried again. */
  async awaitPayment(id: string): Promise<void> {
    const turned = await this.turn({ id }, ['pending'], 'pending_payment');
    if (turned) this.events.emit(placed, turned.order);
  }

  /** @throws {DomainError} `order_cancelled` when the customer was faster. */
  async confirm(id: string, paymentId: string): Promise<void> {
    const turned = await this.turn({ id }, ['pending', 'pending_payment'], 'confirmed', paymentId);
    if (!turned) throw orders.error('place', 'order_cancelled', { id });
    if (turned.was === 'pending') this.events.emit(placed, turned.order);
    this.events.emit(confirmed, turned.order);
  }

  /** Takes an unconfirmed order back. One that its customer has seen stays, cancelled; any other never was. */
  async discard(id: string): Promise<void> {
    await this.rows.delete({ id, status: 'pending' });
    const turned = await this.turn({ id }, ['pending_payment'], 'cancelled');
    if (turned) this.events.emit(cancelled, turned.order);
  }

  /** Decides that the order is cancelled; from here on it can no longer be confirmed. */
  async cancel(ref: OrderRef): Promise<Order> {
    const turned = await this.turn(ref, orderStatuses, 'cancelled');
    if (!turned) throw orders.error('cancel', 'not_found', { id: ref.id });
    const { was, order } = turned;
    if (was === 'pending') this.events.emit(placed, order);
    if (was !== 'cancelled') this.events.emit(cancelled, order);
    return this.getOrder(ref);
  }

  emailChanged({ id, email }: UserTold): Promise<void> {
    return this.customers.setEmail(id, email);
  }

  erased({ id }: UserErased): Promise<void> {
    return this.customers.erase(id);
  }

  placed(order: OrderTold): Promise<void> {
    return this.sales.count(order, 1);
  }

  cancelled(order: OrderTold): Promise<void> {
    return this.sales.count(order, -1);
  }

  summary({ userId }: ByCustomer): Promise<CustomerSummary> {
    return this.sales.of(userId);
  }

  /** Gives an order that has one of these statuses another one. Who wants the same order waits; `undefined`: it has none of them. */
  private async turn(
    { id, userId }: Partial<OrderRef>,
    from: readonly OrderStatus[],
    to: OrderStatus,
    paymentId?: string,
  ): Promise<Turned | undefined> {
    const [[turned]] = await this.rows.query<[Turned[], number]>(
      `with held as (
         select id, status from orders.orders
         where id = $1 and ($2::uuid is null or user_id = $2) and status = any($3) for update
       )
       update orders.orders o set status = $4, payment_id = coalesce($5, payment_id)
       from held where o.id = held.id
       returning held.status as was, json_build_object('orderId', o.id, 'userId', user_id, 'customerEmail', customer_email,
         'items', items, 'total', json_build_object('amount', total, 'currency', currency)) as "order"`,
      [id, userId ?? null, from, to, paymentId ?? null],
    );
    return turned;
  }
}

/** An order that has another status now. */
interface Turned {
  was: OrderStatus;
  order: OrderTold;
}
