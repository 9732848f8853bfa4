import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Products with their stock, and what of it each order holds. Routing key: the SKU. */
export class Stock1764000000201 implements MigrationInterface {
  name = 'Stock1764000000201';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- SKUs sort by code point on every server, and so do pages of them and the locks taken in their order.
      create table inventory.stock_item (
        sku         text   collate "C" primary key,
        description text   not null,
        price       bigint not null check (price >= 0),
        currency    text   not null check (length(currency) = 3),
        on_hand     bigint not null check (on_hand >= 0),
        reserved    bigint not null default 0 check (reserved >= 0),
        sold        bigint not null default 0 check (sold >= 0),
        -- All that ever came in: opening stock, restocks and corrections. Nothing comes from elsewhere or gets lost.
        received    bigint not null,
        constraint stock_is_conserved check (on_hand + reserved + sold = received)
      );

      create table inventory.reservation (
        order_id   uuid   not null,
        sku        text   collate "C" not null,
        quantity   bigint not null check (quantity >= 0),
        unit_price bigint check (unit_price >= 0),
        currency   text   check (length(currency) = 3),
        status     text   not null check (status in ('reserved', 'released', 'sold')),
        created_at timestamptz not null default now(),
        primary key (order_id, sku),
        -- Quantity 0: released before it was reserved, so that a late reserve is refused.
        constraint only_a_tombstone_is_empty check ((quantity = 0) = (unit_price is null)),
        constraint tombstone_is_released check (quantity > 0 or status = 'released')
      );
    `);
    await runner.query(`select strangler.create_idempotency_table('inventory')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table inventory.idempotency, inventory.reservation, inventory.stock_item');
  }
}
