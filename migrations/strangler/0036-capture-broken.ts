import type { MigrationInterface, QueryRunner } from 'typeorm';

/** That a table was written without capture is known also in a database that is made of a dump of this one (docs/adr/0037-capture-is-checked.md). */
export class CaptureBroken1764000000036 implements MigrationInterface {
  name = 'CaptureBroken1764000000036';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- When other triggers were seen than those that stood there; null: never, or it was mended since.
      alter table strangler.captured_table add column broken_at timestamptz;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table strangler.captured_table drop column broken_at');
  }
}
