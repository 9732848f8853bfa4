import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What orders tells others: the log, its numbers, and how far each subscriber is. */
export class OrdersEvents1764000000402 implements MigrationInterface {
  name = 'OrdersEvents1764000000402';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`select strangler.create_event_tables('orders')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table orders.event_cursor, orders.event_stream, orders.event');
  }
}
