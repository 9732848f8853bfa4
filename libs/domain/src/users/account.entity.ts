import type { Profile, Role, User } from '#contracts';
import { Timestamp } from '#platform';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Someone who can log in. The e-mail is unique without regard to case; the table's index holds that against any code. */
@Entity({ schema: 'users', name: 'account' })
export class Account {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ type: 'text' }) email: string;
  @Column({ type: 'text' }) name: string;
  @Column({ type: 'text' }) role: Role;
  @Column({ type: 'jsonb' }) profile: Profile;
  /** PHC string of argon2id. It never leaves the module. */
  @Column({ type: 'text', name: 'password_hash' }) passwordHash: string;
  @Timestamp({ name: 'created_at' }) createdAt: string;
}

/** What others may know of an account. */
export const userOf = ({ id, email, name, role, profile, createdAt }: Account): User => ({
  id,
  email,
  name,
  role,
  profile,
  createdAt,
});
