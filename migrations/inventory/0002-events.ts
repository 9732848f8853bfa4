import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What inventory tells others: the log, its numbers, and how far each subscriber is. */
export class InventoryEvents1764000000202 implements MigrationInterface {
  name = 'InventoryEvents1764000000202';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`select strangler.create_event_tables('inventory')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table inventory.event_cursor, inventory.event_stream, inventory.event');
  }
}
