import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A customer's orders in one currency; those that were cancelled do not count. */
@Entity({ schema: 'orders', name: 'customer_sales' })
export class CustomerSales {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
  @PrimaryColumn('text') currency: string;
  @Column('bigint') orders: number;
  @Column('bigint') spent: number;
  /** The latest, also when it was cancelled. */
  @Column('uuid', { name: 'last_order_id' }) lastOrderId: string;
}

/** Pieces of one product that a customer has ordered and not cancelled. */
@Entity({ schema: 'orders', name: 'customer_product' })
export class CustomerProduct {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
  @PrimaryColumn('text') sku: string;
  @Column('bigint') quantity: number;
}
