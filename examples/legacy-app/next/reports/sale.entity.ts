import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'sales' })
export class SaleRow {
  @PrimaryColumn('integer') id: number;
  @Column('text') sku: string;
  @Column('integer') quantity: number;
  /** Pence, of one piece. */
  @Column('integer') price: number;
}
