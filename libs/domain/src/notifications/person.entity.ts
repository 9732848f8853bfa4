import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody to whom a mail was written, and whether they were erased: what is heard of them after that tells nobody anything. */
@Entity({ schema: 'notifications', name: 'person' })
export class PersonRow {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
  @Column('boolean') erased: boolean;
}
