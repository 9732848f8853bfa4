import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Orders, keyed by their customer; and the sagas that place and cancel them. */
export class Orders1764000000401 implements MigrationInterface {
  name = 'Orders1764000000401';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table orders.orders (
        id             uuid        primary key,
        user_id        uuid        not null,
        status         text        not null check (status in ('pending', 'pending_payment', 'confirmed', 'cancelled')),
        -- Lines as they were sold: an order is read and written as a whole, and its prices never change.
        items          jsonb       not null,
        total          bigint      not null check (total >= 0),
        currency       text        not null,
        payment_id     uuid,
        customer_email text        not null,
        created_at     timestamptz not null default clock_timestamp()
      );
      create index on orders.orders (user_id, id);
    `);
    await runner.query(`select strangler.create_idempotency_table('orders')`);
    await runner.query(`select strangler.create_saga_table('orders')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table orders.saga, orders.idempotency, orders.orders');
  }
}
