import { Timestamp } from '#platform';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What the test provider took or returned. The key is the provider's promise: the same request moves money once. A refund that
 * comes before its charge takes the charge's key, with an amount of 0.
 */
@Entity({ schema: 'payments', name: 'provider_ledger' })
export class LedgerEntry {
  @PrimaryColumn({ type: 'uuid', name: 'order_id' }) orderId: string;
  @PrimaryColumn({ type: 'text', name: 'idempotency_key' }) idempotencyKey: string;
  @Column({ type: 'text' }) kind: 'charge' | 'refund';
  /** Minor units. */
  @Column({ type: 'bigint' }) amount: number;
  @Column({ type: 'text' }) currency: string;
  @Timestamp({ name: 'created_at' }) createdAt: string;
}
