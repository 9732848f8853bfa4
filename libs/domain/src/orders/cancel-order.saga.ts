import { inventory, payments, type Order, type OrderRef, type StockLine } from '#contracts';
import { call, own, type Saga, type Step } from 'nestjs-strangler';
import { Injectable } from '@nestjs/common';
import { OrdersService } from './orders.service.js';

interface Cancelling extends OrderRef {
  lines: StockLine[];
}

/**
 * Cancels an order: once it is decided there is only forward, stock and money go back. An order that is still being
 * placed may be cancelled too: its own saga then finds it so at `confirm`, or is refused by payments, and turns round.
 */
@Injectable()
export class CancelOrderSaga implements Saga<OrderRef, Order, Cancelling> {
  constructor(private readonly orders: OrdersService) {}

  readonly pivot = 'decide';

  readonly answersBy = ['id', 'userId'] as const;

  readonly steps: Step<Cancelling>[] = [
    own('decide', async (order) => {
      const { items } = await this.orders.cancel(order);
      return { lines: items.map(({ sku, quantity }) => ({ sku, quantity })) };
    }),
    call(payments, 'refund', {
      input: ({ id }) => ({ orderId: id }),
      waitOn: ['provider_unavailable'],
    }),
    call(inventory, 'release', { input: ({ id, lines }) => ({ orderId: id, lines }) }),
  ];

  begin({ userId, id }: OrderRef): Cancelling {
    return { userId, id, lines: [] };
  }

  answer(order: Cancelling): Promise<Order> {
    return this.orders.getOrder(order);
  }

  async wait(): Promise<void> {
    // The order shows `cancelled` already; stock and money follow.
  }
}
