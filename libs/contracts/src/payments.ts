import { IsIn, IsString, Length } from 'class-validator';
import { command, contract, event, query } from 'nestjs-strangler/contract';
import { Id, List, Masked, Nested } from 'nestjs-strangler/contract';
import { Money, mostAtOnce, severally } from './shared.js';

export const paymentStatuses = ['charged', 'refunded', 'void'] as const;
/** `void`: refunded before it was charged, so that a late charge is refused. */
export type PaymentStatus = (typeof paymentStatuses)[number];

export class Payment {
  @Id() id: string;
  @Id() orderId: string;
  @Nested(() => Money) amount: Money;
  @IsIn(paymentStatuses) status: PaymentStatus;
  @IsString() createdAt: string;
}

export class ByOrder {
  @Id() orderId: string;
}

/** Payments by their orders. */
export class ByOrders {
  @List(() => ByOrder, { min: 1, max: mostAtOnce }) orders: ByOrder[];
}

/** Those that there are. */
export class FoundPayments {
  @List(() => Payment) items: Payment[];
}

export class Charge {
  @Id() orderId: string;
  @Nested(() => Money) amount: Money;
  @Masked() @Length(1, 200) token: string;
}

/** The provider has taken the money. */
export class ChargeTaken {
  @Id() orderId: string;
  @Nested(() => Money) amount: Money;
}

export class Refunded {
  @Id() orderId: string;
}

/** Money of an order has come, or is given back. */
export class PaymentTold {
  @Id() orderId: string;
  @Id() paymentId: string;
  @Nested(() => Money) amount: Money;
}

export const charged = event('payments.charged', { data: PaymentTold, key: 'orderId' });
/** It is decided: whoever asks is told `refunded`, and the provider is asked until it has returned the money. */
export const refunded = event('payments.refunded', { data: PaymentTold, key: 'orderId' });

export const payments = contract('payments', {
  ownership: 'by-key',
  operations: {
    getPayment: query({
      input: ByOrder,
      output: Payment,
      errors: ['not_found'],
      key: 'orderId',
      timeoutMs: 3_000,
      policy: { tryMs: 1_000 },
    }),
    getPayments: query({
      input: ByOrders,
      output: FoundPayments,
      ...severally<ByOrders, FoundPayments>('orders', 'orderId'),
      timeoutMs: 3_000,
      policy: { tryMs: 1_000 },
    }),
    /** Takes the money of one order, once. */
    charge: command({
      input: Charge,
      output: Payment,
      errors: ['payment_declined', 'provider_unavailable', 'order_cancelled'],
      key: 'orderId',
      undo: 'refund',
      result: 'settleCharge',
      timeoutMs: 5_000,
    }),
    /** Writes down that the money was taken. Whoever has called the provider sends it; nobody else has reason to. */
    settleCharge: command({
      input: ChargeTaken,
      output: Payment,
      errors: ['order_cancelled'],
      key: 'orderId',
    }),
    /** Gives the money of one order back, once; before its `charge` it refuses that one for ever. */
    refund: command({
      input: ByOrder,
      output: Refunded,
      errors: ['provider_unavailable'],
      key: 'orderId',
      result: 'settleRefund',
      timeoutMs: 5_000,
    }),
    /** Writes down that the money was returned, or that there was none; sent as `settleCharge` is. */
    settleRefund: command({ input: ByOrder, output: Refunded, key: 'orderId' }),
  },
  events: [charged, refunded],
});
