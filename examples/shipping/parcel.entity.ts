import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ParcelStatus } from './shipping.contract.js';

/** What is sent for one order. */
@Entity({ schema: 'shipping', name: 'parcel' })
export class ParcelRow {
  @PrimaryColumn('uuid', { name: 'order_id' }) orderId: string;
  @Column('text') address: string;
  @Column('text') status: ParcelStatus;
}
