import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'basket_lines' })
export class LineRow {
  @PrimaryColumn('uuid') account: string;
  @PrimaryColumn('text') sku: string;
  @Column('integer') quantity: number;
}
