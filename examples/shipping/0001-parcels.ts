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
    await runner.query(`select strangler.create_idempotency_table('shipping')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shipping.idempotency, shipping.parcel');
  }
}
