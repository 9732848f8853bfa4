import { inventory, orders, users } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { NotificationsModule } from '#domain/notifications';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { randomUUID } from 'node:crypto';
import { startModules, type RunningModules } from '../../support/modules.js';
import { rowsWith } from '../../support/rows-with.js';
import { until } from '../../support/until.js';

/* A person is erased while something else is under way with them: a subscriber that fails, an order that is being paid. */
let shop: RunningModules;
let person: { id: string; email: string };
beforeAll(async () => {
  const notifications = NotificationsModule.through(undefined);
  shop = await startModules([UsersModule, InventoryModule, PaymentsModule, OrdersModule, notifications]);
  const price = { amount: 250, currency: 'GBP' };
  await shop.port(inventory).putProduct({ sku: 'E-1', description: 'Cup', price, onHand: 100 });
});
beforeEach(() => {
  const id = randomUUID();
  person = { id, email: `${id}@shop.example` };
});
afterAll(() => shop.stop());

const register = () => shop.port(users).register({ ...person, name: 'Ann', password: 'a long one' });
const rows = () => rowsWith((sql) => shop.database.query(sql), person.email);

/*
 *   mails   fail at `registered`, ten times: it has failed, and holds what is told of this person later
 *   users   erase the person, and with them the event that has failed; tell `erased`
 *   mails   are called for it: what held it is there no more, and nobody could have put it away
 */
it('who is erased is erased by a subscriber as well that has failed at what was told of them before', async () => {
  const { query } = shop.database;
  await query(`create function public.refuse() returns trigger language plpgsql as $$ begin
      if new.recipient = '${person.email}' then raise exception 'no mail'; end if; return new; end $$;
    create trigger refuse before insert on notifications.mail for each row execute function public.refuse()`);
  await register();
  const cursor = `users.event_cursor where routing_key = '${person.id}' and subscriber = 'notifications'`;
  await until('it has failed', async () => {
    // As after nine tries, and without the waits in between.
    await query(`update users.event_cursor set failures = 9, due_at = clock_timestamp()
      where routing_key = '${person.id}' and tries > 0 and failed_at is null`);
    return (await query(`select from ${cursor} and failed_at is not null`))[0];
  });

  await shop.port(users).eraseUser({ id: person.id });
  await until(
    'the person is erased there',
    async () =>
      (await query(`select from notifications.person where user_id = '${person.id}' and erased`))[0],
  );
  await until(
    'nothing is held any more',
    async () => (await query(`select from ${cursor} and seq = head and failures = 0 and error is null`))[0],
  );
});

/*
 *   orders  ask for the payment, with what is stored of the order in hand
 *   users   erase the person; orders take the e-mail out of what is stored
 *   orders  have their answer, and store what they had in hand
 */
it('an order that is being paid has the e-mail in no hand that would write it back', async () => {
  await register();
  const placing = shop
    .port(orders)
    .place({ userId: person.id, items: [{ sku: 'E-1', quantity: 1 }], payment: { token: 'tok_slow' } });
  const saga = await until('it is being paid', async () => {
    const found = await shop.database.query<{ state: Record<string, unknown> }>(
      `select s.state from orders.saga s where routing_key = '${person.id}' and status = 'running'
         and exists (select from orders.orders o where o.user_id::text = s.routing_key)`,
    );
    return found[0];
  });
  expect(JSON.stringify(saga.state)).not.toContain(person.email);
  await shop.port(users).eraseUser({ id: person.id });
  expect(await placing).toMatchObject({ status: 'confirmed' });
  await until('the e-mail is nowhere', async () => ((await rows()).length > 0 ? undefined : true));
});
