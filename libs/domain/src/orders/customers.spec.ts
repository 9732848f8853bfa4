import { withContext } from 'nestjs-strangler';
import { randomUUID } from 'node:crypto';
import { inTransaction } from '#strangler/database/transaction';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { untilBlocked } from '../../../../test/support/blocked.js';
import { Customers } from './customers.js';
import { OrdersModule } from './orders.module.js';
import { OrdersService } from './orders.service.js';

/* An order is begun with the e-mail of now, and written down when its customer has another one: nobody tells of that again. */
let shop: RunningModules;
let customers: Customers;
const userId = randomUUID();
const apart = { requestId: '-', servedBy: new Map() };

beforeAll(async () => {
  shop = await startModules([OrdersModule]);
  customers = shop.get(Customers);
});
afterAll(() => shop.stop());

const inside = <T>(work: () => Promise<T>): Promise<T> => inTransaction(shop.dataSource, 'orders', work);

it('an order that was begun before takes the e-mail that was told meanwhile', async () => {
  await inside(() => customers.setEmail(userId, 'new@shop.example'));
  expect(await inside(() => customers.emailFor(userId, 'old@shop.example'))).toBe('new@shop.example');
});

it('an e-mail that is told while an order is written down waits for it, and then is in it', async () => {
  const [id, service] = [randomUUID(), shop.get(OrdersService)];
  const total = { amount: 0, currency: 'GBP' };
  let told: Promise<void> | undefined;
  await inside(async () => {
    await service.open({ id, userId, items: [], total, customerEmail: 'old@shop.example' });
    // A context of its own: that of this transaction would be its own, too.
    told = withContext(apart, () => inside(() => customers.setEmail(userId, 'latest@shop.example')));
    await untilBlocked(shop.database, 1);
  });
  await told;
  expect(await service.getOrder({ userId, id })).toMatchObject({ customerEmail: 'latest@shop.example' });
});
