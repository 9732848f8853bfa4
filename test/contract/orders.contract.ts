import { inventory, orders, payments, users, type Order, type PlaceOrder } from '#contracts';
import { randomBytes, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { refusal } from '../support/failure.js';
import { until } from '../support/until.js';
import type { ContractRunner, RunningPorts } from './runners.js';

/** What callers of the orders may rely on, wherever they and the modules behind them are served. */
export function ordersContract(runner: ContractRunner): void {
  let running: RunningPorts;
  let userId: string;
  let sku: string;

  beforeAll(async () => {
    running = await runner.start();
  });
  afterAll(() => running.stop());

  beforeEach(async () => {
    userId = uuidv7();
    sku = `T-${randomBytes(8).toString('hex').toUpperCase()}`;
    const email = `${userId}@shop.example`;
    await running.port(users).register({ id: userId, email, name: 'Ann Lee', password: 'a long password' });
    const price = { amount: 250, currency: 'GBP' };
    await running.port(inventory).putProduct({ sku, description: 'cup', price, onHand: 10 });
  });

  const port = () => running.port(orders);
  const order = (quantity: number, token = 'tok_ok'): PlaceOrder => ({
    userId,
    items: [{ sku, quantity }],
    payment: { token },
  });
  const place = (quantity: number, token?: string, commandId: string = randomUUID()) =>
    port().place(order(quantity, token), { commandId });
  const stock = async () => {
    const { onHand, reserved } = await running.port(inventory).getProduct({ sku });
    return [onHand, reserved];
  };
  const paymentStatus = async (orderId: string) =>
    (await running.port(payments).getPayment({ orderId })).status;
  const untilStatus = (id: string, status: Order['status']) =>
    until(`the order is ${status}`, async () =>
      (await port().getOrder({ userId, id })).status === status ? true : undefined,
    );

  test('orders follow the e-mail of their customer, those that are there and those to come', async () => {
    const { id } = await place(1);
    const email = `new.${userId}@shop.example`;
    await running.port(users).updateUser({ id: userId, email });
    await until('the order has it', async () => {
      const { customerEmail } = await port().getOrder({ userId, id });
      return customerEmail === email || undefined;
    });
    expect(await place(1)).toMatchObject({ customerEmail: email });
  });

  test('what a customer has bought follows the orders', async () => {
    for (const quantity of [3, 2]) await place(quantity);
    const { id } = await place(1);
    await port().cancel({ userId, id });
    const summary = await until('all is counted', async () => {
      const now = await port().summary({ userId });
      return now.sales[0]?.orders === 2 && now.lastOrderId === id ? now : undefined;
    });
    expect(summary).toEqual({
      ...{ userId, lastOrderId: id, products: [{ sku, quantity: 5 }] },
      sales: [{ orders: 2, spent: { amount: 1_250, currency: 'GBP' } }],
    });
  });

  test('an order has its price from the inventory, its stock and its payment', async () => {
    const placed = await place(3);
    expect(placed).toMatchObject({
      userId,
      status: 'confirmed',
      items: [{ sku, quantity: 3, unitPrice: { amount: 250, currency: 'GBP' } }],
      total: { amount: 750, currency: 'GBP' },
      customerEmail: `${userId}@shop.example`,
    });
    expect(await port().getOrder({ userId, id: placed.id })).toEqual(placed);
    expect(await port().findOrder({ id: placed.id })).toEqual(placed);
    expect(await paymentStatus(placed.id)).toBe('charged');
    expect(await stock()).toEqual([7, 0]);
  });

  test('lines of one SKU are one line', async () => {
    const items = [1, 2].map((quantity) => ({ sku, quantity }));
    const placed = await port().place({ ...order(1), items });
    expect(placed.items).toHaveLength(1);
    expect(placed.total.amount).toBe(750);
  });

  test('20 times at once under one command id make one order', async () => {
    const commandId = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => place(2, 'tok_ok', commandId)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await stock()).toEqual([8, 0]);
    expect((await port().listOrders({ userId })).items).toHaveLength(1);
  });

  test('another order under the same command id is refused', async () => {
    const commandId = randomUUID();
    await place(2, 'tok_ok', commandId);
    expect(await refusal(place(3, 'tok_ok', commandId))).toMatchObject({ code: 'idempotency_key_reused' });
  });

  test.each([
    ['out_of_stock', () => place(11)],
    ['payment_declined', () => place(2, 'tok_declined')],
    ['not_found', () => port().place({ ...order(1), items: [{ sku: 'T-UNHEARD-OF', quantity: 1 }] })],
  ])('%s leaves nothing behind', async (code, fail) => {
    expect(await refusal(fail())).toMatchObject({ code });
    expect(await stock()).toEqual([10, 0]);
    expect((await port().listOrders({ userId })).items).toEqual([]);
  });

  test('a refused order may be tried again under the same command id', async () => {
    const commandId = randomUUID();
    await refusal(place(11, 'tok_ok', commandId));
    await running.port(inventory).restock({ sku, quantity: 5 });
    expect(await place(11, 'tok_ok', commandId)).toMatchObject({ status: 'confirmed' });
  });

  test('an order waits for a payment provider that is down, and is confirmed in the end', async () => {
    const commandId = randomUUID();
    const placed = await place(2, 'tok_provider_down', commandId);
    expect(placed.status).toBe('pending_payment');
    expect(await stock()).toEqual([8, 2]);
    await untilStatus(placed.id, 'confirmed');
    expect(await place(2, 'tok_provider_down', commandId)).toMatchObject({ id: placed.id });
    expect(await paymentStatus(placed.id)).toBe('charged');
    await until('the stock is sold', async () => ((await stock())[1] === 0 ? true : undefined));
  });

  test('a cancelled order gives stock and money back, once', async () => {
    const { id } = await place(4);
    for (let i = 0; i < 2; i++)
      expect(await port().cancel({ userId, id })).toMatchObject({ status: 'cancelled' });
    expect(await paymentStatus(id)).toBe('refunded');
    expect(await stock()).toEqual([10, 0]);
  });

  test('an order that waits for its payment can be cancelled, and is never charged', async () => {
    const { id } = await place(4, 'tok_provider_down');
    expect(await port().cancel({ userId, id })).toMatchObject({ status: 'cancelled' });
    await until('the stock is back', async () => ((await stock())[0] === 10 ? true : undefined));
    await untilStatus(id, 'cancelled');
    expect(await refusal(running.port(payments).getPayment({ orderId: id }))).toMatchObject({
      code: 'not_found',
    });
  });

  test('an order of someone else is not there', async () => {
    const { id } = await place(1);
    const other = { userId: uuidv7(), id };
    expect(await refusal(port().getOrder(other))).toMatchObject({ code: 'not_found' });
    expect(await refusal(port().cancel(other))).toMatchObject({ code: 'not_found' });
    expect((await port().listOrders({ userId: other.userId })).items).toEqual([]);
  });

  test('the latest orders of several customers, so many of each, the newest first', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await place(1)).id);
    const customers = [{ userId: uuidv7() }, { userId }];
    const { items } = await port().listOrdersOf({ customers, limit: 2 });
    expect(items.map((each) => [each.userId, each.orders.map(({ id }) => id)])).toEqual([
      [userId, ids.slice(0, 2)],
    ]);
  });

  test('a list goes from page to page, the newest order first', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await place(1)).id);
    const first = await port().listOrders({ userId, limit: 2 });
    const rest = await port().listOrders({ userId, limit: 2, after: first.next });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect(rest.next ?? null).toBeNull();
  });
}
