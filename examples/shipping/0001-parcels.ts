import { createIdempotencyTable } from '../../migrations/tables.js';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One parcel an order. */
export class Parcels1764000000501 implements MigrationInterface {
  name = 'Parcels1764000000501';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table shipping.parcel (
        order_id uuid primary key,
        address  text not null,
        status   text not null check (status in ('packed', 'sent', 'delivered'))
      )`);
    await createIdempotencyTable(runner, 'shipping');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shipping.idempotency, shipping.parcel');
  }
}
