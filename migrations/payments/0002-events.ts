import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What payments tells others: the log, its numbers, and how far each subscriber is. */
export class PaymentsEvents1764000000302 implements MigrationInterface {
  name = 'PaymentsEvents1764000000302';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`select strangler.create_event_tables('payments')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table payments.event_cursor, payments.event_stream, payments.event');
  }
}
