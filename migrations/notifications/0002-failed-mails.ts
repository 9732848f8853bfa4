import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Mails that were given up are counted at each scrape, among all that were ever sent. */
export class FailedMails1764000000702 implements MigrationInterface {
  name = 'FailedMails1764000000702';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index on notifications.mail (user_id) where status = 'failed'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index notifications.mail_user_id_idx');
  }
}
