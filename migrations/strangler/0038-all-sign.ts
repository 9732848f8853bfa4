import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The column says what it means. No release has read it by the name before: processes of 0.2.0 know nothing of keys. */
export class AllSign1764000000038 implements MigrationInterface {
  name = 'AllSign1764000000038';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table strangler.caller_key rename column alone to all_sign');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table strangler.caller_key rename column all_sign to alone');
  }
}
