import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What has been pruned (docs/adr/0041-pruning.md). */
export class Pruning1764000000026 implements MigrationInterface {
  name = 'Pruning1764000000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table strangler.pruning (
        module    text,
        what      text,
        -- Pruned here since this was installed.
        rows      bigint      not null default 0,
        -- When nothing was left to prune the last time.
        passed_at timestamptz not null default clock_timestamp(),
        primary key (module, what)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table strangler.pruning');
  }
}
