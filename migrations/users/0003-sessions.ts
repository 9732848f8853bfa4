import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens that can be withdrawn, and people who may look at the admin API but not act. The same in both forms of the table. */
export class Sessions1764000000103 implements MigrationInterface {
  name = 'Sessions1764000000103';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table users.account
        -- The version of tokens that were made before there were versions.
        add session_version integer not null default 0,
        drop constraint account_role_check,
        -- Wider than the one before, so every row satisfies it: the table is not read while customers wait.
        add constraint account_role_check check (role in ('user', 'viewer', 'admin')) not valid;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      update users.account set role = 'user' where role = 'viewer';
      alter table users.account
        drop session_version,
        drop constraint account_role_check,
        add constraint account_role_check check (role in ('user', 'admin'));
    `);
  }
}
