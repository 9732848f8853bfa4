import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { contract, event, process, query, self, subscription } from 'nestjs-strangler/contract';
import { Count, Id, List, Masked, Maybe, Nested } from 'nestjs-strangler/contract';
import { ReservedLine, StockLine } from './inventory.js';
import { ById, IdPage, Money, mostAtOnce, severally } from './shared.js';
import { emailChanged, erased, theOneIn } from './users.js';

export const orderStatuses = ['pending', 'pending_payment', 'confirmed', 'cancelled'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export class PaymentToken {
  @Masked() @Length(1, 200) token: string;
}

export class PlaceOrder {
  @Id() userId: string;
  @List(() => StockLine, { min: 1, max: 1_000 }) items: StockLine[];
  @Nested(() => PaymentToken) payment: PaymentToken;
}

export class OrderRef {
  /** The customer, the routing key. */
  @Id() userId: string;
  @Id() id: string;
}

export class Order {
  @Id() id: string;
  @Id() userId: string;
  @IsIn(orderStatuses) status: OrderStatus;
  @List(() => ReservedLine) items: ReservedLine[];
  @Nested(() => Money) total: Money;
  @Maybe() @Id() paymentId?: string | null;
  @Masked() @IsString() customerEmail: string;
  @IsString() createdAt: string;
}

/** An order as it is told: with all that who hears of it may need, for the order itself may be another one by then. */
export class OrderTold {
  @Id() orderId: string;
  @Id() userId: string;
  @Masked() @IsString() customerEmail: string;
  @List(() => ReservedLine) items: ReservedLine[];
  @Nested(() => Money) total: Money;
}

/** The customer has an order: it is paid, or its payment is awaited. Told once of each, and before all else of it. */
export const placed = event('orders.placed', { data: OrderTold, key: 'userId' });
/** It is paid. */
export const confirmed = event('orders.confirmed', { data: OrderTold, key: 'userId' });
/** It is given up, by its customer or for want of money. */
export const cancelled = event('orders.cancelled', { data: OrderTold, key: 'userId' });

export class ListOrders extends IdPage {
  @Id() userId: string;
}

export class Orders {
  @List(() => Order) items: Order[];
  @Maybe() @IsString() next?: string | null;
}

export class ByCustomer {
  @Id() userId: string;
}

/** The latest orders of several customers, so many of each. */
export class ListOrdersOf {
  @List(() => ByCustomer, { min: 1, max: mostAtOnce }) customers: ByCustomer[];
  @Maybe() @IsInt() @Min(1) @Max(50) limit?: number | null;
}

/** The latest orders of one customer. */
export class OrdersOf {
  @Id() userId: string;
  @List(() => Order) orders: Order[];
}

/** A customer without orders is not among them. */
export class FoundOrders {
  @List(() => OrdersOf) items: OrdersOf[];
}

/** A customer's orders in one currency, without those that were cancelled. */
export class CustomerSales {
  @Count() orders: number;
  @Nested(() => Money) spent: Money;
}

/** What a customer has bought. It follows the orders, and is a moment behind them. */
export class CustomerSummary {
  @Id() userId: string;
  @List(() => CustomerSales) sales: CustomerSales[];
  @Maybe() @Id() lastOrderId?: string | null;
  /** Bought most, the most first. */
  @List(() => StockLine) products: StockLine[];
}

/** Whose order it is. */
const ofCustomer = self(({ userId }: { userId: string }) => userId);

/** Who looks at an order waits a little longer than a slow disk takes, and another copy is asked meanwhile. */
const looking = { timeoutMs: 3_000, policy: { tryMs: 1_000 } };

export const orders = contract('orders', {
  ownership: 'by-key',
  operations: {
    place: process({
      who: ofCustomer,
      input: PlaceOrder,
      output: Order,
      // `mixed_currencies`: an order is paid in one currency; sums over several mean nothing.
      errors: ['not_found', 'out_of_stock', 'mixed_currencies', 'payment_declined', 'order_cancelled'],
      key: 'userId',
      timeoutMs: 8_000,
    }),
    cancel: process({
      who: ofCustomer,
      input: OrderRef,
      output: Order,
      errors: ['not_found'],
      key: 'userId',
      timeoutMs: 8_000,
    }),
    getOrder: query({
      who: ofCustomer,
      input: OrderRef,
      output: Order,
      errors: ['not_found'],
      key: 'userId',
      ...looking,
    }),
    listOrders: query({ who: ofCustomer, input: ListOrders, output: Orders, key: 'userId', ...looking }),
    listOrdersOf: query({
      who: self(({ customers }: ListOrdersOf) => theOneIn(customers.map(({ userId }) => userId))),
      input: ListOrdersOf,
      output: FoundOrders,
      ...severally<ListOrdersOf, FoundOrders>('customers', 'userId'),
      ...looking,
    }),
    /** For those who know the order but not its customer (admins). */
    findOrder: query({
      who: 'admin',
      input: ById,
      output: Order,
      errors: ['not_found'],
      reads: 'any',
      ...looking,
    }),
    listAllOrders: query({ who: 'admin', input: IdPage, output: Orders, reads: 'any', ...looking }),
    summary: query({ who: ofCustomer, input: ByCustomer, output: CustomerSummary, key: 'userId' }),
    placed: subscription(placed, { key: ({ userId }) => userId, from: 'first' }),
    cancelled: subscription(cancelled, { key: ({ userId }) => userId, from: 'first' }),
    /** Orders have the e-mail that their customer has now. */
    emailChanged: subscription(emailChanged, { key: ({ id }) => id }),
    /** Orders stay, with their amounts, and tell of nobody any more. */
    erased: subscription(erased, { key: ({ id }) => id }),
  },
  events: [placed, confirmed, cancelled],
});
