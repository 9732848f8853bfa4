import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What shadow reads have found: counts, and a bounded number of samples (shadow/shadow-reads.ts). */
export class Shadow1764000000005 implements MigrationInterface {
  name = 'Shadow1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table strangler.shadow (
        module     text   primary key,
        compared   bigint not null default 0,
        mismatches bigint not null default 0
      );
      create table strangler.mismatch (
        id          bigint      generated always as identity primary key,
        module      text        not null,
        at          timestamptz not null default clock_timestamp(),
        operation   text        not null,
        -- Without its secrets.
        input       json        not null,
        differences json        not null
      );
      create index on strangler.mismatch (module, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table strangler.mismatch, strangler.shadow');
  }
}
