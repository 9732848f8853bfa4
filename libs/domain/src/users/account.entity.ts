import type { Profile, Role, Session, User } from '#contracts';
import { Timestamp } from '#platform';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Someone who can log in. The e-mail is unique without regard to case; the table's index holds that against any code.
 * What is left open is how the table keeps the name, which differs between the monolith's database and the module's own.
 */
export abstract class Account {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ type: 'text' }) email: string;
  abstract name: string;
  @Column({ type: 'text' }) role: Role;
  @Column({ type: 'jsonb' }) profile: Profile;
  /** PHC string of argon2id. It never leaves the module. */
  @Column({ type: 'text', name: 'password_hash' }) passwordHash: string;
  /** A token says which version it was made under; one of another version does not count. */
  @Column({ type: 'integer', name: 'session_version', default: 0 }) sessionVersion: number;
  @Timestamp({ name: 'created_at' }) createdAt: string;
}

/** The account in the monolith's database: the name as it was given. */
@Entity({ schema: 'users', name: 'account' })
export class WholeNameAccount extends Account {
  @Column({ type: 'text' }) name: string;
}

/** The account in the module's own database: the name split at its first space. */
@Entity({ schema: 'users', name: 'account' })
export class SplitNameAccount extends Account {
  @Column({ type: 'text', name: 'first_name' }) firstName: string;
  /** What follows the first space; null where there is none. */
  @Column({ type: 'text', name: 'last_name', nullable: true }) lastName: string | null;

  get name(): string {
    return this.lastName === null ? this.firstName : `${this.firstName} ${this.lastName}`;
  }

  set name(name: string) {
    const space = name.indexOf(' ');
    this.firstName = space < 0 ? name : name.slice(0, space);
    this.lastName = space < 0 ? null : name.slice(space + 1);
  }
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

/** What tokens of an account are measured by. */
export const sessionOf = ({ id, role, sessionVersion }: Account): Session => ({
  id,
  role,
  version: sessionVersion,
});
