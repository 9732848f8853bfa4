import type { Payment, PaymentStatus } from '#contracts';
import { Timestamp } from '#platform';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The payment of one order; an order has one. It goes from `charged` to `refunded` and no further. `void` is the tombstone
 * of an order that was refunded before it was charged: it has no amount, and a late charge is refused.
 */
@Entity({ schema: 'payments', name: 'payment' })
export class PaymentRow {
  @PrimaryColumn({ type: 'uuid', name: 'order_id' }) orderId: string;
  @Column({ type: 'uuid' }) id: string;
  /** Minor units. */
  @Column({ type: 'bigint', nullable: true }) amount: number | null;
  @Column({ type: 'text', nullable: true }) currency: string | null;
  @Column({ type: 'text' }) status: PaymentStatus;
  @Timestamp({ name: 'created_at' }) createdAt: string;
}

/** The payment as its contract shows it. @throws for a tombstone, which is no payment. */
export function paymentOf({ amount, currency, ...row }: PaymentRow): Payment {
  if (amount === null || currency === null) throw new Error(`order ${row.orderId} was never charged`);
  return { ...row, amount: { amount, currency } };
}
