import type { Order, OrderStatus } from '#contracts';
import { Timestamp } from '#platform';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An order as it stands. It moves from `pending` over `pending_payment` to `confirmed`; each may end `cancelled`. */
@Entity({ schema: 'orders', name: 'orders' })
export class OrderRow {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('text') status: OrderStatus;
  @Column('jsonb') items: Order['items'];
  @Column('bigint') total: number;
  @Column('text') currency: string;
  @Column('uuid', { name: 'payment_id', nullable: true }) paymentId: string | null;
  @Column('text', { name: 'customer_email' }) customerEmail: string;
  @Timestamp({ name: 'created_at', insert: false, update: false }) createdAt: string;

  /** The order as its contract shows it. */
  toOrder(): Order {
    const { total, currency, ...rest } = this;
    return { ...rest, total: { amount: total, currency } };
  }
}
