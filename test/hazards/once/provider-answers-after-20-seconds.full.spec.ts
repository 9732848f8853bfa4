import { inventory, orders, users } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { PaymentProviderToken } from '../../../libs/domain/src/payments/payment-provider.js';
import { Bank, held } from '../../support/bank.js';
import { startModules, type RunningModules } from '../../support/modules.js';
import { until } from '../../support/until.js';

/*
 * The provider takes 20 s to answer, more than a connection may be idle in a transaction (15 s), or a step may take (5 s). The
 * customers hear of an order that waits for its payment; it is confirmed when the answer comes, and the money is taken once. Four
 * tries of 5 s, and the pauses between them, are over when it answers.
 */
const { moment, go } = held();
let bank: Bank;
let shop: RunningModules;

beforeAll(async () => {
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  bank = await Bank.open();
  bank.answering = moment;
  shop = await startModules([UsersModule, InventoryModule, PaymentsModule, OrdersModule], {
    override: (builder) => builder.overrideProvider(PaymentProviderToken).useValue(bank),
  });
});
afterAll(async () => {
  await shop.stop();
  await bank.close();
});

it('50 orders wait as pending_payment, others are not held up, and all are confirmed by one call each', async () => {
  const userId = randomUUID();
  await shop
    .port(users)
    .register({ id: userId, email: 'ada@example.com', name: 'Ada', password: 'correct horse 9' });
  const price = { amount: 250, currency: 'GBP' };
  await shop.port(inventory).putProduct({ sku: 'A-1', description: 'Mug', price, onHand: 100 });
  const order = { userId, items: [{ sku: 'A-1', quantity: 1 }], payment: { token: 'tok_ok' } };
  const placed = await Promise.all(Array.from({ length: 50 }, () => shop.port(orders).place(order)));
  expect(placed.map(({ status }) => status)).toEqual(placed.map(() => 'pending_payment'));
  // Of these calls each is outside still; commands have their connections all the same.
  await shop.port(inventory).restock({ sku: 'A-1', quantity: 1 });
  await until('each payment has been tried four times', async () => {
    const few = await shop.database.query('select from orders.saga where attempts < 4');
    return few.length === 0 ? true : undefined;
  });
  go();
  await until('all are confirmed', async () => {
    const now = await Promise.all(placed.map(({ id }) => shop.port(orders).getOrder({ userId, id })));
    return now.every(({ status }) => status === 'confirmed') ? true : undefined;
  });
  expect(new Set(bank.asked).size).toBe(50);
  expect(bank.asked).toHaveLength(50);
  for (const { id } of placed) expect(await bank.moved(id)).toEqual(['charge 250']);
}, 150_000);
