import {
  inventory,
  orders,
  payments,
  users,
  type Money,
  type Order,
  type PlaceOrder,
  type ReservedLine,
  type StockLine,
} from '#contracts';
import { call, own, type Saga, type Step } from 'nestjs-strangler';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { OrdersService } from './orders.service.js';

interface Placing {
  id: string;
  userId: string;
  lines: StockLine[];
  /** Dropped once it has been used. */
  token: string;
  /** Dropped as well: who is erased while the money is taken is in nobody's hand who would write it back. */
  customerEmail: string;
  items: ReservedLine[];
  total: Money;
  paymentId: string | null;
}

/** Places an order: reserve the stock, take the money, confirm. Prices are those of the reservation. */
@Injectable()
export class PlaceOrderSaga implements Saga<PlaceOrder, Order, Placing> {
  constructor(private readonly orders: OrdersService) {}

  readonly pivot = 'confirm';

  readonly answersBy = ['id', 'userId'] as const;

  readonly steps: Step<Placing>[] = [
    call(users, 'getUser', {
      input: ({ userId }) => ({ id: userId }),
      save: ({ email }) => ({ customerEmail: email }),
    }),
    call(inventory, 'reserve', {
      input: ({ id, lines }) => ({ orderId: id, lines }),
      save: ({ lines }) => ({ items: lines, total: totalOf(lines) }),
    }),
    own(
      'open',
      async (order) => {
        await this.orders.open(open(order));
        return { customerEmail: '' };
      },
      { undo: ({ id }) => this.orders.discard(id) },
    ),
    call(payments, 'charge', {
      input: ({ id, total, token }) => ({ orderId: id, amount: total, token }),
      save: (payment) => ({ paymentId: payment.id, token: '' }),
      // Whatever keeps the money from being taken now, the customer has ordered: it is tried again.
      waitOn: ['provider_unavailable', 'unavailable', 'outcome_unknown'],
    }),
    own('confirm', ({ id, paymentId }) => this.orders.confirm(id, paymentId as string)),
    call(inventory, 'commit', { input: ({ id, lines }) => ({ orderId: id, lines }) }),
  ];

  begin({ userId, items, payment }: PlaceOrder): Placing {
    return {
      id: uuidv7(),
      userId,
      lines: mergeLines(items),
      token: payment.token,
      customerEmail: '',
      items: [],
      total: { amount: 0, currency: '' },
      paymentId: null,
    };
  }

  answer({ id, userId }: Placing): Promise<Order> {
    return this.orders.getOrder({ id, userId });
  }

  wait({ id }: Placing): Promise<void> {
    return this.orders.awaitPayment(id);
  }
}

/** One line a SKU: customers may name one twice. */
function mergeLines(items: readonly StockLine[]): StockLine[] {
  const merged = new Map<string, number>();
  for (const { sku, quantity } of items) merged.set(sku, (merged.get(sku) ?? 0) + quantity);
  return [...merged].map(([sku, quantity]) => ({ sku, quantity }));
}

/** Of the lines in the first line's currency: where there is another, the order is refused. */
function totalOf(lines: readonly ReservedLine[]): Money {
  const currency = lines[0]?.unitPrice.currency ?? '';
  const same = lines.filter(({ unitPrice }) => unitPrice.currency === currency);
  return {
    amount: same.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0),
    currency,
  };
}

/** @throws `mixed_currencies` */
function requireOneCurrency(items: readonly ReservedLine[]): void {
  const currencies = [...new Set(items.map(({ unitPrice }) => unitPrice.currency))].sort();
  if (currencies.length > 1)
    throw orders.error('place', 'mixed_currencies', { currencies: currencies.join(', ') });
}

function open({ id, userId, items, total, customerEmail }: Placing) {
  requireOneCurrency(items);
  return { id, userId, items, total, customerEmail };
}
