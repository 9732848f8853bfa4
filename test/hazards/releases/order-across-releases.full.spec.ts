import { inventory, orders, users, type Order, type PlaceOrder } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { own, type Saga, type Step } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { OrdersService } from '../../../libs/domain/src/orders/orders.service.js';
import { PlaceOrderSaga } from '../../../libs/domain/src/orders/place-order.saga.js';
import { PaymentProviderToken } from '../../../libs/domain/src/payments/payment-provider.js';
import { Bank } from '../../support/bank.js';
import { startModules, type RunningModules } from '../../support/modules.js';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { until } from '../../support/until.js';

/*
 * The shop's own process, an order: users.getUser, reserve, open, charge, confirm (pivot), commit. The provider is down, so orders wait
 * before `charge`, step 3; meanwhile the shop gets a release whose definition is another one. Where that has a step less, its step 3 is
 * `confirm`: the order would be confirmed, and its goods gone, without any money.
 */
const userId = randomUUID();
const all = [UsersModule, InventoryModule, PaymentsModule, OrdersModule];
let bank: Bank;
let database: TestDatabase;
let released: RunningModules;
const checked: string[] = [];

type Placing = PlaceOrderSaga['steps'] extends Step<infer S>[] ? S : never;
type Steps = Step<Placing>[];

/** What a release makes of the steps; the definition of before stays beside it. */
const definition = (change: (steps: Steps) => Steps) => ({
  factory: (service: OrdersService): Saga<PlaceOrder, Order, Placing> => {
    const before = new PlaceOrderSaga(service);
    const { steps, pivot } = before;
    return Object.assign(new PlaceOrderSaga(service), {
      version: 2,
      earlier: { 1: { steps, pivot } },
      steps: change(steps),
    });
  },
  inject: [OrdersService],
});
const aStepLess = definition((steps) => steps.filter(({ name }) => name !== 'users.getUser'));
const aStepMore = definition((steps) =>
  steps.flatMap((step) =>
    step.name === 'payments.charge'
      ? [own<Placing>('check', ({ id }) => Promise.resolve(void checked.push(id))), step]
      : [step],
  ),
);

const open = (saga?: typeof aStepLess) =>
  startModules(all, {
    database,
    override: (builder) => {
      const paid = builder.overrideProvider(PaymentProviderToken).useValue(bank);
      return saga ? paid.overrideProvider(PlaceOrderSaga).useFactory(saga) : paid;
    },
  });

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  bank = await Bank.open();
  database = await freshDatabase();
  released = await open();
  const named = { email: 'ada@example.com', name: 'Ada', password: 'correct horse 9' };
  await released.port(users).register({ id: userId, ...named });
  const price = { amount: 250, currency: 'GBP' };
  await released.port(inventory).putProduct({ sku: 'A-1', description: 'Mug', price, onHand: 10 });
  checked.length = 0;
});
afterEach(async () => {
  await released.stop();
  await database.drop();
  await bank.close();
  jest.restoreAllMocks();
});

/** An order whose payment cannot be made now. */
async function pending(shop: RunningModules): Promise<string> {
  bank.arriving = () => Promise.reject(new Error('nobody answers'));
  const order = { userId, items: [{ sku: 'A-1', quantity: 2 }], payment: { token: 'tok_ok' } };
  const { id, status } = await shop.port(orders).place(order);
  expect(status).toBe('pending_payment');
  return id;
}

const isConfirmed = (id: string) =>
  until('the order is confirmed', async () => {
    const { status } = await released.port(orders).getOrder({ userId, id });
    return status === 'confirmed' || undefined;
  });

it.each([
  ['less', aStepLess],
  ['more', aStepMore],
])(
  'a release with a step %s is started beside it, then in its place: every order is paid, once',
  async (_, saga) => {
    const before = await pending(released);
    const next = await open(saga);
    const after = await pending(next);
    await released.stop();
    released = next;
    expect(await bank.moved(before)).toEqual([]);
    bank.arriving = undefined;
    for (const id of [before, after]) {
      await isConfirmed(id);
      expect(await bank.moved(id)).toEqual(['charge 500']);
    }
    await until('all is done', async () => {
      const rows = await database.query<{ process: string; status: string }>(
        `select process, status from orders.saga order by created_at`,
      );
      if (rows.some(({ status }) => status !== 'done')) return undefined;
      expect(rows.map(({ process }) => process)).toEqual(['place', 'place@2']);
      return true;
    });
    expect(await released.port(inventory).getProduct({ sku: 'A-1' })).toMatchObject({ onHand: 6 });
    expect(checked).toEqual(saga === aStepMore ? [after] : []);
  },
);

it('a release that does not keep the definition of before leaves its orders as they are, for one that has it', async () => {
  const id = await pending(released);
  await released.stop();
  const change = aStepLess.factory;
  const forgetful = {
    ...aStepLess,
    factory: (service: OrdersService) => Object.assign(change(service), { earlier: {} }),
  };
  released = await open(forgetful);
  const later = await pending(released);
  bank.arriving = undefined;
  await isConfirmed(later);
  expect(await released.port(orders).getOrder({ userId, id })).toMatchObject({ status: 'pending_payment' });
  expect(await bank.moved(id)).toEqual([]);
  await released.stop();
  released = await open();
  await isConfirmed(id);
  expect(await bank.moved(id)).toEqual(['charge 500']);
});
