import { Timestamp } from '#platform';
import type { JWK } from 'jose';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key pair that signs tokens. One is active; the table's index holds that. */
@Entity({ schema: 'users', name: 'signing_key' })
export class SigningKey {
  @PrimaryColumn({ type: 'text' }) kid: string;
  @Column({ type: 'jsonb', name: 'private_jwk' }) privateJwk: JWK;
  @Column({ type: 'boolean' }) active: boolean;
  @Timestamp({ name: 'created_at' }) createdAt: string;
}
