import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { CustomerRow } from './customer.entity.js';

/** What orders know of their customers: the e-mail that users have told last. */
@Injectable()
export class Customers {
  constructor(@InjectRepository(CustomerRow) private readonly rows: Repository<CustomerRow>) {}

  /**
   * The e-mail for a new order. It stays so until the end of the transaction: else an order that begins with the e-mail of before could
   * come behind the one that is told now, and keep it for ever.
   */
  async emailFor(userId: string, asked: string): Promise<string> {
    await this.rows.query(
      `insert into orders.customer (user_id, email) values ($1, $2) on conflict (user_id) do nothing`,
      [userId, asked],
    );
    const [row] = await this.rows.query<[CustomerRow]>(
      `select email from orders.customer where user_id = $1 for share`,
      [userId],
    );
    return row.email;
  }

  /** Writes an e-mail into all that there is of a customer. */
  async setEmail(userId: string, email: string): Promise<void> {
    await this.rows.query(
      `insert into orders.customer as customer (user_id, email) values ($1, $2)
       on conflict (user_id) do update set email = excluded.email where customer.email <> ''`,
      [userId, email],
    );
    await this.rows.query(
      `update orders.orders set customer_email = $2 where user_id = $1 and customer_email <> $2`,
      [userId, email],
    );
  }

  /**
   * Takes the e-mail out of all that is kept of a customer: the orders, what was told of them, and answers of commands. An order that is on its
   * way finds none, and a saga that has ended keeps none.
   */
  async erase(userId: string): Promise<void> {
    await this.setEmail(userId, '');
    for (const [table, column] of keptByKey)
      await this.rows.query(
        `update orders.${table} set ${column} = jsonb_set(${column}::jsonb, '{customerEmail}', '""')
         where routing_key = $1 and ${column}->>'customerEmail' <> ''`,
        [userId],
      );
  }
}

/** The toolkit's tables of the module, and where what was said of an order stands in each. */
const keptByKey = [
  ['event', 'data'],
  ['idempotency', 'result'],
  ['saga', 'state'],
] as const;
