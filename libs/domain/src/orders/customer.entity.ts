import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A customer, as users have told of them. An empty e-mail: the person was erased, and stays so. */
@Entity({ schema: 'orders', name: 'customer' })
export class CustomerRow {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
  @Column('text') email: string;
}
