import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One payment an order, and the ledger of the built-in test provider. Routing key: the order id. */
export class Payments1764000000301 implements MigrationInterface {
  name = 'Payments1764000000301';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table payments.payment (
        order_id   uuid   primary key,
        id         uuid   not null unique,
        amount     bigint check (amount >= 0),
        currency   text   check (length(currency) = 3),
        status     text   not null check (status in ('charged', 'refunded', 'void')),
        created_at timestamptz not null default now(),
        -- void: refunded before it was charged; no money ever moved.
        constraint void_has_no_amount check ((status = 'void') = (amount is null)),
        constraint amount_has_currency check ((amount is null) = (currency is null))
      );

      create table payments.provider_ledger (
        order_id        uuid   not null,
        idempotency_key text   not null,
        kind            text   not null check (kind in ('charge', 'refund')),
        amount          bigint not null check (amount >= 0),
        currency        text   not null check (length(currency) = 3),
        -- Not the beginning of the transaction: a refund that had to wait for its charge comes after it.
        created_at      timestamptz not null default clock_timestamp(),
        primary key (order_id, idempotency_key)
      );
    `);
    await runner.query(`select strangler.create_idempotency_table('payments')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table payments.idempotency, payments.provider_ledger, payments.payment');
  }
}
