import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The edge's own: how often logging in has failed, and who has to wait. In the form that rate-limiter-flexible wants. */
export class Attempts1764000000501 implements MigrationInterface {
  name = 'Attempts1764000000501';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table limits.attempt (
        -- What is counted, and a hash of the account or its address; no e-mail stands here.
        key    varchar(255) primary key,
        points integer      not null default 0,
        -- In milliseconds since 1970.
        expire bigint
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table limits.attempt');
  }
}
