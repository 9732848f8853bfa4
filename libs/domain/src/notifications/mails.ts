import type { MailNoted } from '#contracts';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { MailRow } from './mail.entity.js';
import { MailServerToken, type MailServer } from './mail-server.js';
import { PersonRow } from './person.entity.js';
import type { Text } from './texts.js';

/** Mails that a process has in hand at a time. */
export const mailsAtOnce = 5;
/** How long one try may take, in ms. */
export const longestSendMs = 60_000;
/** How long nobody else tries, in ms: by then whoever does has said what came of it, or never will. */
export const leaseMs = 2 * longestSendMs;
/** Between two tries, in ms, doubling; with the last one a mail has been tried for about a day. */
const [firstPauseMs, longestPauseMs] = [5_000, 3_600_000];
const mostTries = 32;

/** The outbox of mails. */
@Injectable()
export class Mails {
  private readonly logger = new Logger(Mails.name);

  constructor(
    @InjectRepository(MailRow) private readonly rows: Repository<MailRow>,
    @InjectRepository(PersonRow) private readonly people: Repository<PersonRow>,
    @Inject(MailServerToken) private readonly server: MailServer | undefined,
  ) {}

  /** Writes a mail down. Who was erased gets none, and has none coming: the row of the person is held to the end of the transaction. */
  async add(userId: string, recipient: string, text: Text): Promise<void> {
    if (recipient === '' || (await this.isErased(userId))) return;
    const status = this.server ? ('due' as const) : ('kept' as const);
    await this.rows.insert({ userId, id: uuidv7(), recipient, ...text, status, tries: 0 });
    if (status === 'kept') this.logger.log({ msg: 'a mail was written', kind: text.kind, about: text.about });
  }

  async erase(userId: string): Promise<void> {
    await this.people.query(
      `insert into notifications.person (user_id, erased) values ($1, true) on conflict (user_id) do update set erased = true`,
      [userId],
    );
    await this.rows.delete({ userId });
  }

  /**
   * Takes mails whose time has come, each the first of those that its person has still to get, and of keys that this side owns. Whoever owns the
   * key next sees that somebody is at it.
   */
  async takeDue(limit: number): Promise<MailRow[]> {
    const [rows] = await this.rows.query<[MailRow[], number]>(
      `update notifications.mail set tries = tries + 1, due_at = now() + $2 * interval '1 ms'
       where (user_id, id) in (
         select user_id, id from notifications.mail m
         where status = 'due' and due_at <= now() and strangler.owns('notifications', user_id::text)
           and not exists (select from notifications.mail earlier
             where earlier.user_id = m.user_id and earlier.status = 'due' and earlier.id < m.id)
         order by due_at limit $1 for update skip locked)
       returning user_id as "userId", id, kind, recipient, subject, body, tries`,
      [limit, leaseMs],
    );
    return rows;
  }

  /** A note of an earlier try is heeded only where it says that the mail has been sent: somebody else may be at it. */
  async note({ userId, id, outcome, tries }: MailNoted): Promise<void> {
    const status = outcome === 'later' && tries >= mostTries ? 'failed' : statusAfter[outcome];
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries - 1, 30));
    await this.rows.query(
      `update notifications.mail set status = $3, due_at = now() + $4 * interval '1 ms',
         recipient = case $3 when 'sent' then '' else recipient end,
         subject = case $3 when 'sent' then '' else subject end,
         body = case $3 when 'sent' then '' else body end
       where user_id = $1 and id = $2 and status = 'due' and (tries = $5 or $3 = 'sent')`,
      [userId, id, status, pauseMs, tries],
    );
  }

  /** Held to the end of the transaction: one who is erased meanwhile waits for it, and takes the mail out. */
  private async isErased(userId: string): Promise<boolean> {
    await this.people.query(
      `insert into notifications.person (user_id, erased) values ($1, false) on conflict (user_id) do nothing`,
      [userId],
    );
    const [row] = await this.people.query<[PersonRow]>(
      `select erased from notifications.person where user_id = $1 for share`,
      [userId],
    );
    return row.erased;
  }
}

const statusAfter = { sent: 'sent', refused: 'failed', later: 'due' } as const;
