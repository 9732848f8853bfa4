import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each customer has bought, made of the events of orders and of nothing else: it can be made anew from them. */
export class CustomerSales1764000000404 implements MigrationInterface {
  name = 'CustomerSales1764000000404';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table orders.customer_sales (
        user_id       uuid   not null,
        currency      text   not null,
        -- Placed and not cancelled.
        orders        bigint not null,
        spent         bigint not null,
        last_order_id uuid   not null,
        primary key (user_id, currency)
      );
      create table orders.customer_product (
        user_id  uuid   not null,
        sku      text   collate "C" not null,
        quantity bigint not null,
        primary key (user_id, sku)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table orders.customer_product, orders.customer_sales');
  }
}
