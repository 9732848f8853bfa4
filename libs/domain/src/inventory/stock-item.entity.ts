import type { Product } from '#contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A product and its stock. Every piece is in one of three places, and stays in the account for ever:
 * `onHand + reserved + sold = received`, none of them below zero. The table's constraints hold that against any code.
 */
@Entity({ schema: 'inventory', name: 'stock_item' })
export class StockItem {
  @PrimaryColumn({ type: 'text' }) sku: string;
  @Column({ type: 'text' }) description: string;
  /** Minor units. */
  @Column({ type: 'bigint' }) price: number;
  @Column({ type: 'text' }) currency: string;
  /** On the shelf and not promised. */
  @Column({ type: 'bigint', name: 'on_hand' }) onHand: number;
  /** Promised to orders that are not yet confirmed. */
  @Column({ type: 'bigint' }) reserved: number;
  /** Belongs to confirmed orders. */
  @Column({ type: 'bigint' }) sold: number;
  /** Opening stock, restocks and corrections. */
  @Column({ type: 'bigint' }) received: number;
}

/** What others may know of a stock item. */
export const productOf = ({ sku, description, price, currency, onHand, reserved }: StockItem): Product => ({
  sku,
  description,
  price: { amount: price, currency },
  onHand,
  reserved,
});
