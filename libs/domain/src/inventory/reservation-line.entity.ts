import type { ReservedLine } from '#contracts';
import { Timestamp } from '#platform';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What one order holds of one SKU. A line goes from `reserved` to `sold`, and from either to `released`, which is its end:
 * the way back to the shelf is gone once. A line that was released before it was reserved is a tombstone of quantity 0.
 */
@Entity({ schema: 'inventory', name: 'reservation' })
export class ReservationLine {
  @PrimaryColumn({ type: 'uuid', name: 'order_id' }) orderId: string;
  @PrimaryColumn({ type: 'text' }) sku: string;
  @Column({ type: 'bigint' }) quantity: number;
  /** Minor units; the price when the line was reserved, whatever the product costs later. */
  @Column({ type: 'bigint', name: 'unit_price', nullable: true }) unitPrice: number | null;
  @Column({ type: 'text', nullable: true }) currency: string | null;
  @Column({ type: 'text' }) status: 'reserved' | 'released' | 'sold';
  @Timestamp({ name: 'created_at' }) createdAt: string;
}

/** What the order is told of a line that it holds. @throws for a tombstone, which no order holds. */
export function reservedLineOf({ sku, quantity, unitPrice, currency }: ReservationLine): ReservedLine {
  if (unitPrice === null || currency === null) throw new Error(`${sku} is not reserved`);
  return { sku, quantity, unitPrice: { amount: unitPrice, currency } };
}
