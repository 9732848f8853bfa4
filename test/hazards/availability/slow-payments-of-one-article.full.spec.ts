import { inventory, orders, payments, users, type Order } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { accountOf } from '#sample';
import { randomUUID } from 'node:crypto';
import { startModules, type RunningModules } from '../../support/modules.js';

/*
 * 200 customers order one article at once, and each payment takes the provider 800 ms. Were it asked inside of the order's
 * transaction, that would hold a connection and the row of the article meanwhile: one order after the other, and most of them
 * would find no connection.
 */
const customers = 200;
const sku = 'A-1';
let shop: RunningModules;

beforeAll(async () => {
  shop = await startModules([UsersModule, InventoryModule, PaymentsModule, OrdersModule]);
});
afterAll(() => shop.stop());

it('200 orders of one article with tok_slow at once: none fails for want of a connection', async () => {
  const userId = randomUUID();
  await shop
    .port(users)
    .register({ id: userId, email: 'ada@example.com', name: 'Ada', password: 'correct horse 9' });
  const price = { amount: 250, currency: 'GBP' };
  await shop.port(inventory).putProduct({ sku, description: 'Mug', price, onHand: customers });
  const place = () =>
    shop
      .port(orders)
      .place(
        { userId, items: [{ sku, quantity: 1 }], payment: { token: 'tok_slow' } },
        { commandId: randomUUID() },
      );
  const ended = await Promise.allSettled(Array.from({ length: customers }, place));
  expect(ended.filter(({ status }) => status === 'rejected')).toEqual([]);
  const placed = ended.map((each) => (each as PromiseFulfilledResult<Order>).value);
  expect(placed.map(({ status }) => status)).toEqual(placed.map(() => 'confirmed'));
  const { url } = shop.database;
  const account = await accountOf({ inventory: url, payments: url, orders: url });
  expect(account.violations).toEqual([]);
  expect(account.totals).toMatchObject({
    orders: { confirmed: customers },
    pieces: { onHand: 0, reserved: 0, sold: customers },
  });
  expect(await shop.port(payments).getPayment({ orderId: placed[0]!.id })).toMatchObject({
    status: 'charged',
  });
});
