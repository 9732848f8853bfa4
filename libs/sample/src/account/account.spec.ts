import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { v5 as uuidv5 } from 'uuid';
import { accountOf } from './account.js';

const confirmed = '01939d6e-0000-7000-8000-000000000001';
const waiting = '01939d6e-0000-7000-8000-000000000002';
const cancelled = '01939d6e-0000-7000-8000-000000000003';
const discarded = '01939d6e-0000-7000-8000-000000000004';

/** Ten of each came in; two A1 and one B2 are sold, three A1 wait for payment, one order was cancelled, one never was. */
const trueBooks = `
  insert into inventory.stock_item (sku, description, price, currency, on_hand, reserved, sold, received) values
    ('A1', 'Cup', 255, 'GBP', 5, 3, 2, 10),
    ('B2', 'Lantern', 100, 'GBP', 9, 0, 1, 10);
  insert into inventory.reservation (order_id, sku, quantity, unit_price, currency, status) values
    ('${confirmed}', 'A1', 2, 255, 'GBP', 'sold'),
    ('${confirmed}', 'B2', 1, 100, 'GBP', 'sold'),
    ('${waiting}', 'A1', 3, 255, 'GBP', 'reserved'),
    ('${cancelled}', 'B2', 4, 100, 'GBP', 'released'),
    ('${discarded}', 'B2', 0, null, null, 'released');
  insert into payments.provider_ledger (order_id, idempotency_key, kind, amount, currency) values
    ('${confirmed}', 'c', 'charge', 610, 'GBP'),
    ('${cancelled}', 'c', 'charge', 400, 'GBP'),
    ('${cancelled}', 'r', 'refund', 400, 'GBP'),
    ('${discarded}', 'c', 'charge', 100, 'GBP'),
    ('${discarded}', 'r', 'refund', 100, 'GBP');
  insert into orders.orders (id, user_id, status, items, total, currency, customer_email) values
    ('${confirmed}', '${confirmed}', 'confirmed', '[
      {"sku": "A1", "quantity": 2, "unitPrice": {"amount": 255, "currency": "GBP"}},
      {"sku": "B2", "quantity": 1, "unitPrice": {"amount": 100, "currency": "GBP"}}]', 610, 'GBP', 'a@shop.example'),
    ('${waiting}', '${waiting}', 'pending_payment', '[
      {"sku": "A1", "quantity": 3, "unitPrice": {"amount": 255, "currency": "GBP"}}]', 765, 'GBP', 'a@shop.example'),
    ('${cancelled}', '${cancelled}', 'cancelled', '[
      {"sku": "B2", "quantity": 4, "unitPrice": {"amount": 100, "currency": "GBP"}}]', 400, 'GBP', 'a@shop.example')`;

describe('the account', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    await database.query(`truncate inventory.stock_item, inventory.reservation, payments.provider_ledger,
      payments.payment, orders.orders, orders.saga, inventory.event, payments.event, orders.event, orders.event_cursor,
      orders.customer_sales, notifications.mail`);
    for (const sql of trueBooks.split(';')) await database.query(sql);
  });

  const account = (received?: Map<string, number>) =>
    accountOf(
      {
        ...{ inventory: database.url, payments: database.url, orders: database.url },
        notifications: database.url,
      },
      received ? { received } : {},
    );

  it('is true where everything adds up, and says to what', async () => {
    expect(await account(new Map(Object.entries({ A1: 10, B2: 10 })))).toEqual({
      violations: [],
      totals: {
        orders: { confirmed: 1, pending_payment: 1, cancelled: 1 },
        sagas: {},
        pieces: { onHand: 14, reserved: 3, sold: 3 },
        money: { charged: 1_110, refunded: 500, confirmed: 610 },
      },
      events: {
        ...{ told: 0, waiting: 0, counted: 0, unheard: 0, mails: 0, unwritten: 0 },
        ...{ emitted: 0, delivered: 0, effects: 0 },
      },
    });
  });

  it.each([
    [
      'stock that is sold without an order',
      `update inventory.stock_item set on_hand = on_hand - 1, sold = sold + 1 where sku = 'B2'`,
      ['sold', 'sold'],
    ],
    [
      'stock that stays reserved after its order has gone',
      `delete from orders.orders where status = 'pending_payment'`,
      ['reserved'],
    ],
    [
      'an order that has no stock',
      `delete from inventory.reservation where order_id = '${waiting}'`,
      ['reserved'],
    ],
    [
      'a product that has gone while orders name it',
      `delete from inventory.stock_item where sku = 'B2'`,
      ['sold', 'sold'],
    ],
    [
      'an order that is lost after it was paid',
      `delete from orders.orders where status = 'confirmed'`,
      ['sold', 'sold', 'money'],
    ],
    [
      'an order that was charged twice',
      `insert into payments.provider_ledger values ('${confirmed}', 'again', 'charge', 610, 'GBP')`,
      ['money', 'charged_once'],
    ],
    [
      'a second charge that was given back',
      `insert into payments.provider_ledger values
        ('${confirmed}', 'again', 'charge', 610, 'GBP'), ('${confirmed}', 'back', 'refund', 610, 'GBP')`,
      ['charged_once'],
    ],
    [
      'a confirmed order that was never charged',
      `delete from payments.provider_ledger where order_id = '${confirmed}'`,
      ['money', 'charged_once'],
    ],
    [
      'a cancelled order whose money was kept',
      `delete from payments.provider_ledger where order_id = '${cancelled}' and kind = 'refund'`,
      ['money'],
    ],
    [
      'money taken for an order that never was',
      `delete from payments.provider_ledger where order_id = '${discarded}' and kind = 'refund'`,
      ['money'],
    ],
    [
      'a total that is not that of the lines',
      `update orders.orders set total = 609 where total = 610`,
      ['total', 'money'],
    ],
    [
      'an order that nobody finishes',
      `insert into orders.orders values
        ('${discarded}', '${discarded}', 'pending', '[]', 0, 'GBP', null, 'a@shop.example')`,
      ['open_order'],
    ],
    [
      'a saga that nobody finishes',
      `insert into orders.saga (id, command_id, routing_key, process, request_id, status, step, state, due_at) values
        ('${waiting}', '${waiting}', 'k', 'place', 'r', 'waiting', 3, '{}', now()),
        ('${discarded}', '${discarded}', 'k', 'place', 'r', 'done', 6, '{}', now())`,
      ['open_saga'],
    ],
  ])('finds %s', async (_what, sql, rules) => {
    await database.query(sql);
    const { violations } = await account();
    expect(violations.map(({ rule }) => rule)).toEqual(rules);
  });

  it('finds stock that came from nowhere, even if inventory itself agrees', async () => {
    const { violations } = await account(new Map(Object.entries({ A1: 10, B2: 9, C3: 1 })));
    expect(violations).toEqual([
      { rule: 'stock', subject: 'B2: received, against what came in', detail: '10 instead of 9' },
      { rule: 'stock', subject: 'C3: received, against what came in', detail: '0 instead of 1' },
    ]);
  });

  it('counts the deliveries that events call for, those that were made, and their effects', async () => {
    await database.query(`
      insert into orders.event (routing_key, seq, id, type, data, request_id) values
        ('k', 1, '${confirmed}', 'orders.confirmed', '{}', 'r'), ('k', 2, '${cancelled}', 'orders.cancelled', '{}', 'r'),
        ('k', 3, '${discarded}', 'orders.placed', '{}', 'r')`);
    await database.query(`insert into orders.event_cursor (routing_key, subscriber, seq, head) values
      ('k', 'orders', 2, 3), ('k', 'notifications', 2, 2)`);
    for (const [schema, event] of [
      ['orders', cancelled],
      ['notifications', confirmed],
    ] as const)
      await database.query(
        `insert into ${schema}.idempotency (command_id, routing_key, input_hash, result) values ($1, 'k', '', '{}')`,
        [uuidv5(schema, event)],
      );
    const { events } = await account();
    // Of orders the one that was placed is not delivered; of mails the one about the cancelled order has no effect.
    expect(events).toMatchObject({ emitted: 4, delivered: 3, effects: 2 });
    await database.query('truncate orders.idempotency, notifications.idempotency');
  });

  it.each([
    ['an order that was not told', [], 1],
    ['an order that was told', [cancelled], 0],
    ['an order that was told twice', [cancelled, cancelled], 1],
    ['an order that was told and is none', [cancelled, discarded], 1],
  ])('looks for %s, from the first event on', async (_what, told, wrong) => {
    await database.query(`update orders.orders set created_at = '2000-01-01' where status <> 'cancelled'`);
    const types = ['orders.placed', 'orders.cancelled'];
    const all = [...[confirmed, ...told].map((id) => [id, types[0]]), ...told.map((id) => [id, types[1]])];
    for (const [seq, [id, type]] of all.entries())
      await database.query(
        `insert into orders.event (routing_key, seq, id, type, data, request_id, at)
         values ('k', $1, gen_random_uuid(), $2, json_build_object('orderId', $3::text), 'r', '2001-01-01')`,
        [seq, type, id],
      );
    const { violations, events } = await account();
    const subjects = new Set(violations.map(({ subject }) => subject.split(' ').at(-1)));
    expect([subjects.size, events.told]).toEqual([wrong, all.length]);
    expect(violations.every(({ rule }) => rule === 'told')).toBe(true);
  });

  it('finds an event that waits for a person, and counts what is still to come', async () => {
    await database.query(`insert into orders.event_cursor (routing_key, subscriber, seq, head, due_at, failed_at) values
      ('a', 'mails', 1, 2, null, now()), ('b', 'mails', 1, 2, now(), null), ('c', 'mails', 2, 2, null, null)`);
    const { violations, events } = await account();
    expect([violations.map(({ rule }) => rule), events.waiting]).toEqual([['told'], 1]);
  });

  it('finds an event that was heard twice, and one that was not', async () => {
    const told = (customer: string, type: string) =>
      database.query(
        `insert into orders.event (routing_key, seq, id, type, data, request_id)
         select $1, count(*) + 1, gen_random_uuid(), $2, '{"orderId": "${waiting}", "total": {"amount": 5}}', 'r'
         from orders.event where routing_key = $1`,
        [customer, type],
      );
    await told(waiting, 'orders.placed');
    await told(waiting, 'orders.confirmed');
    expect((await account()).events).toMatchObject({ counted: 0, unheard: 1 });
    const heard = `insert into orders.customer_sales as s values ($1, 'GBP', 1, 5, $1)
      on conflict (user_id, currency) do update set orders = s.orders + 1, spent = s.spent + 5`;
    await database.query(heard, [waiting]);
    expect((await account()).events).toMatchObject({ counted: 1, unheard: 0 });
    await database.query(heard, [waiting]);
    expect((await account()).events).toMatchObject({ counted: 2, unheard: 1 });
  });

  it('wants one mail for each order that is told to be confirmed', async () => {
    await database.query(
      `insert into orders.event (id, type, routing_key, seq, data, request_id)
       values (gen_random_uuid(), 'orders.confirmed', $1, 1, jsonb_build_object('orderId', $1::text, 'customerEmail', 'a@b', 'total', jsonb_build_object('amount', 1)), '-')`,
      [waiting],
    );
    const write = () =>
      database.query(
        `insert into notifications.mail (user_id, id, kind, about, recipient, subject, body, status, tries)
         values ($1, gen_random_uuid(), 'order-confirmed', $1, '', '', '', 'sent', 1)`,
        [waiting],
      );
    expect((await account()).events).toMatchObject({ mails: 0, unwritten: 1 });
    await write();
    expect((await account()).events).toMatchObject({ mails: 1, unwritten: 0 });
    await write();
    expect((await account()).events).toMatchObject({ mails: 2, unwritten: 1 });
  });

  it('reads each module where its tables are', async () => {
    const other = await freshDatabase();
    const urls = { inventory: other.url, payments: database.url, orders: database.url };
    const { violations, totals } = await accountOf(urls);
    await other.drop();
    expect(totals.pieces).toEqual({ onHand: 0, reserved: 0, sold: 0 });
    expect(violations.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['sold', 'reserved']));
  });
});
