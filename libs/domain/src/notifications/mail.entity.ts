import type { MailKind } from '#contracts';
import { Timestamp } from '#platform';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * `due`: it is to be sent, or somebody is at it. `sent`: a mail server has taken it. `failed`: none ever will. `kept`: no mail server was set,
 * so here is where it is read.
 */
export type MailStatus = 'due' | 'sent' | 'failed' | 'kept';

/** A mail to one person. Mails of one person are sent in the order of their ids. */
@Entity({ schema: 'notifications', name: 'mail' })
export class MailRow {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
  /** The Message-ID is made of it: the same in every try. */
  @PrimaryColumn('uuid') id: string;
  @Column('text') kind: MailKind;
  /** The order or the person that it tells of. */
  @Column('uuid') about: string;
  /** Empty, as is what it says, once a mail server has it. */
  @Column('text') recipient: string;
  @Column('text') subject: string;
  @Column('text') body: string;
  @Column('text') status: MailStatus;
  @Column('int') tries: number;
  /** Nobody tries before that. */
  @Timestamp({ name: 'due_at', insert: false, update: false }) dueAt: string;
  @Timestamp({ name: 'created_at', insert: false, update: false }) createdAt: string;
}
