import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The e-mail of each customer, as users have told it last: new orders take it from here. */
export class Customers1764000000403 implements MigrationInterface {
  name = 'Customers1764000000403';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table orders.customer (user_id uuid primary key, email text not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table orders.customer');
  }
}
