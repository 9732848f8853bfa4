import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Not, Repository } from 'typeorm';
import { Account } from './account.entity.js';

/** What has to be known of all accounts to change one. */
@Injectable()
export class Accounts {
  constructor(@InjectRepository(Account) private readonly rows: Repository<Account>) {}

  /** The account with this e-mail, in whatever case it is written. */
  findByEmail(email: string): Promise<Account | null> {
    return this.rows
      .createQueryBuilder('account')
      .where('lower(account.email) = lower(:email)', { email })
      .getOne();
  }

  /**
   * Keeps the e-mail for this transaction: another that wants the same one waits here until we have ended. So the answer
   * stays true until our write, and the unique index, which would abort the transaction, is never asked.
   */
  async claimEmail(email: string): Promise<'free' | 'taken'> {
    await this.rows.query(
      `select pg_advisory_xact_lock(hashtext('users.account.email'), hashtext(lower($1)))`,
      [email],
    );
    return (await this.findByEmail(email)) ? 'taken' : 'free';
  }

  /** Whether there is another admin, until the end of this transaction: of two who leave at once, the second waits here. */
  async keepsAdminBeside(id: string): Promise<boolean> {
    await this.rows.query(`select pg_advisory_xact_lock(hashtext('users.account.role'), 0)`);
    return this.rows.existsBy({ role: 'admin', id: Not(id) });
  }

  /**
   * Deletes the account, what was told of it (who has not heard of it yet need not any more, and who has failed at it is called for what comes next),
   * and takes the person out of answers of commands: the records stay, so that none of them takes effect again.
   */
  async erase(id: string): Promise<void> {
    await this.rows.delete({ id });
    await this.rows.query('delete from users.event where routing_key = $1', [id]);
    await this.rows.query(
      `update users.event_cursor set failed_at = null, tries = 0, failures = 0, error = null, due_at = clock_timestamp()
       where routing_key = $1 and tries > 0`,
      [id],
    );
    await this.rows.query(
      `update users.idempotency set result = jsonb_build_object('id', $1::text) where result->>'id' = $1`,
      [id],
    );
  }
}
