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

/*
 * Who is erased stands in no row of any table: neither where the person was written down, nor in what was told of them, in answers that are kept,
 * in orders that are on their way. In real processes, with their logs: nothing-private-is-kept.full.spec.ts.
 */
let shop: RunningModules;
beforeAll(async () => {
  const notifications = NotificationsModule.through(undefined);
  shop = await startModules([UsersModule, InventoryModule, PaymentsModule, OrdersModule, notifications]);
  const price = { amount: 250, currency: 'GBP' };
  await shop.port(inventory).putProduct({ sku: 'E-1', description: 'Cup', price, onHand: 100 });
});
afterAll(() => shop.stop());

const customer = async (): Promise<{ id: string; email: string }> => {
  const id = randomUUID();
  const email = `${id}@shop.example`;
  await shop
    .port(users)
    .register({ id, email: `old-${email}`, name: `Name of ${id}@`, password: 'a long one' });
  await shop.port(users).updateUser({ id, email });
  return { id, email };
};
const place = (userId: string, token: string) =>
  shop.port(orders).place({ userId, items: [{ sku: 'E-1', quantity: 1 }], payment: { token } });
const rows = (text: string) => rowsWith((sql) => shop.database.query(sql), text);

it('and the orders stay, with their amounts', async () => {
  const [{ id, email }, other] = [await customer(), await customer()];
  const { id: cancelled } = await place(id, 'tok_ok');
  await shop.port(orders).cancel({ userId: id, id: cancelled });
  const [paid, waiting] = [await place(id, 'tok_ok'), await place(id, 'tok_provider_down')];
  await place(other.id, 'tok_ok');
  await until('the mails of both are written', async () => {
    const [row] = await shop.database.query<{ mails: number }>(
      'select count(*)::int as mails from notifications.mail',
    );
    // Each a welcome and two of the e-mail; three orders are paid, of which one is cancelled.
    return row!.mails === 10 ? true : undefined;
  });
  // The search finds what is there.
  expect((await rows(email)).length).toBeGreaterThan(6);

  await shop.port(users).eraseUser({ id });
  const gone = () =>
    until('the e-mail is nowhere', async () => ((await rows(email)).length ? undefined : true));
  await gone();
  expect(await rows(`Name of ${id}`)).toEqual([]);
  // What was on its way has gone on without it.
  const ref = { userId: id, id: waiting.id };
  await until('it is paid', async () =>
    (await shop.port(orders).getOrder(ref)).status === 'confirmed' ? true : undefined,
  );
  await gone();
  expect(await shop.port(orders).getOrder({ userId: id, id: paid.id })).toEqual({
    ...paid,
    customerEmail: '',
  });
  expect((await rows(other.email)).length).toBeGreaterThan(3);
});

it('an answer that is kept goes on to be the answer', async () => {
  const id = randomUUID();
  const input = { id, email: `${id}@shop.example`, name: 'Ann', password: 'a long one' };
  const commandId = randomUUID();
  await shop.port(users).register(input, { commandId });
  await shop.port(users).eraseUser({ id });
  await shop
    .port(users)
    .register(input, { commandId })
    .catch(() => undefined);
  await expect(shop.port(users).getUser({ id })).rejects.toMatchObject({ code: 'not_found' });
});

it('the last admin stays, and nobody goes by a wrong password', async () => {
  const { id } = await customer();
  const wrong = shop.port(users).eraseUser({ id, password: 'another one' });
  await expect(wrong).rejects.toMatchObject({ code: 'wrong_password' });
  await shop.port(users).setRole({ id, role: 'admin' });
  await expect(shop.port(users).eraseUser({ id })).rejects.toMatchObject({ code: 'last_admin' });
});
