import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What users tells others: the log, its numbers, and how far each subscriber is. */
export class UsersEvents1764000000104 implements MigrationInterface {
  name = 'UsersEvents1764000000104';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`select strangler.create_event_tables('users')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table users.event_cursor, users.event_stream, users.event');
  }
}
