import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { compare, lookFor } from './found.js';

const promised = '01939d6e-0000-7000-8000-000000000001';
const lost = '01939d6e-0000-7000-8000-000000000002';
const stranger = '01939d6e-0000-7000-8000-000000000003';
const cancelled = '01939d6e-0000-7000-8000-000000000004';

const rows = [
  ...[promised, stranger].flatMap((id) => [
    `insert into orders.orders (id, user_id, status, items, total, currency, customer_email)
     values ('${id}', '${id}', 'confirmed', '[]', 0, 'GBP', 'a@shop.example')`,
    `insert into inventory.reservation (order_id, sku, quantity, unit_price, currency, status)
     values ('${id}', 'A1', 2, 255, 'GBP', 'sold'), ('${id}', 'B2', 2, 255, 'GBP', 'sold')`,
    `insert into payments.payment (order_id, id, amount, currency, status)
     values ('${id}', '${id}', 510, 'GBP', 'charged')`,
  ]),
  `insert into inventory.reservation (order_id, sku, quantity, unit_price, currency, status)
   values ('${cancelled}', 'A1', 2, 255, 'GBP', 'released')`,
];

describe('looking for promised orders', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
    for (const sql of rows) await database.query(sql);
  });
  afterAll(() => database.drop());

  it.each(['orders', 'inventory', 'payments'] as const)(
    'finds in %s those that are there, those that are not, and those that nobody was promised',
    async (module) => {
      expect(await lookFor(new Set([promised, lost]), module, database.url)).toEqual({
        orders: 1,
        missing: [lost],
        strangers: [stranger],
      });
    },
  );

  it('is content when both know the same', () => {
    const both = new Set(['a', 'b']);
    expect(compare(both, both)).toEqual({ orders: 2, missing: [], strangers: [] });
  });
});
