import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'products' })
export class ProductRow {
  @PrimaryColumn('text') sku: string;
  @Column('text') name: string;
  @Column('text') category: string;
  /** Pence. */
  @Column('integer') price: number;
}
