import { payments, type Charge } from '#contracts';
import type { Port } from 'nestjs-strangler';
import { randomUUID } from 'node:crypto';
import { refusal } from '../support/failure.js';
import type { ContractRunner, RunningPorts } from './runners.js';

/** What callers of the payments may rely on, wherever they are served. */
export function paymentsContract(runner: ContractRunner): void {
  let running: RunningPorts;
  let port: Port<typeof payments>;

  beforeAll(async () => {
    running = await runner.start(['payments']);
    port = running.port(payments);
  });
  afterAll(() => running.stop());

  const amount = { amount: 1_795, currency: 'GBP' };
  const charge = (token = 'tok_ok', orderId = randomUUID()): Charge => ({ orderId, amount, token });

  test.each(['tok_ok', 'tok_slow'])('%s is charged, and the payment can be read', async (token) => {
    const input = charge(token);
    const payment = await port.charge(input);
    expect(payment).toMatchObject({ orderId: input.orderId, amount, status: 'charged' });
    expect(await port.getPayment({ orderId: input.orderId })).toEqual(payment);
  });

  test.each(['tok_declined', 'tok_unheard_of'])('%s is declined, and leaves no payment', async (token) => {
    const input = charge(token);
    expect(await refusal(port.charge(input))).toMatchObject({ code: 'payment_declined' });
    expect(await refusal(port.getPayment({ orderId: input.orderId }))).toMatchObject({ code: 'not_found' });
  });

  test('after a declined card another one works', async () => {
    const input = charge('tok_declined');
    await refusal(port.charge(input));
    expect(await port.charge({ ...input, token: 'tok_ok' })).toMatchObject({ status: 'charged' });
  });

  test('tok_provider_down is provider_unavailable at first, and works in the end', async () => {
    const input = charge('tok_provider_down');
    expect(await refusal(port.charge(input))).toMatchObject({ code: 'provider_unavailable' });
    expect(await refusal(port.getPayment({ orderId: input.orderId }))).toMatchObject({ code: 'not_found' });
    const payment = await untilUp(() => port.charge(input));
    expect(payment).toMatchObject({ orderId: input.orderId, status: 'charged' });
  });

  async function untilUp<T>(call: () => Promise<T>, attempts = 4): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (attempts === 1) throw error;
      return untilUp(call, attempts - 1);
    }
  }

  test('payments of several orders, those that there are', async () => {
    const charged = [await port.charge(charge()), await port.charge(charge())];
    const orders = [...charged, { orderId: randomUUID() }].map(({ orderId }) => ({ orderId }));
    const { items } = await port.getPayments({ orders });
    expect(items).toHaveLength(2);
    expect(items).toEqual(expect.arrayContaining(charged));
    expect(await refusal(port.getPayments({ orders: [] }))).toMatchObject({ code: 'validation_failed' });
  });

  test('an order is charged once, whatever comes later', async () => {
    const input = charge();
    const payment = await port.charge(input);
    expect(await port.charge(input)).toEqual(payment);
    expect(await port.charge({ ...input, amount: { amount: 1, currency: 'GBP' } })).toEqual(payment);
    expect(await port.charge({ ...input, token: 'tok_declined' })).toEqual(payment);
  });

  test('a refund gives the money back, and a second one changes nothing', async () => {
    const { orderId } = await port.charge(charge());
    expect(await port.refund({ orderId })).toEqual({ orderId });
    expect(await port.refund({ orderId })).toEqual({ orderId });
    expect(await port.getPayment({ orderId })).toMatchObject({ amount, status: 'refunded' });
  });

  test('a refunded order is not charged again', async () => {
    const input = charge();
    await port.charge(input);
    await port.refund({ orderId: input.orderId });
    expect(await refusal(port.charge(input))).toMatchObject({ code: 'order_cancelled' });
  });

  test('a charge that comes after its refund takes nothing', async () => {
    const input = charge();
    await port.refund({ orderId: input.orderId });
    expect(await refusal(port.charge(input))).toMatchObject({ code: 'order_cancelled' });
    expect(await refusal(port.getPayment({ orderId: input.orderId }))).toMatchObject({ code: 'not_found' });
    expect(await port.refund({ orderId: input.orderId })).toEqual({ orderId: input.orderId });
  });

  test('a command id gives its first answer again, also when the payment has changed since', async () => {
    const [input, commandId] = [charge(), randomUUID()];
    const payment = await port.charge(input, { commandId });
    await port.refund({ orderId: input.orderId });
    expect(await port.charge(input, { commandId })).toEqual(payment);
  });

  test('a command id with another input is refused', async () => {
    const [input, commandId] = [charge(), randomUUID()];
    await port.charge(input, { commandId });
    const other = { ...input, amount: { amount: 2, currency: 'GBP' } };
    expect(await refusal(port.charge(other, { commandId }))).toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  test.each([
    ['an amount below zero', { ...charge(), amount: { amount: -1, currency: 'GBP' } }],
    ['an amount with a fraction', { ...charge(), amount: { amount: 0.5, currency: 'GBP' } }],
    ['a currency that is none', { ...charge(), amount: { amount: 1, currency: 'POUND' } }],
    ['an order id that is none', { ...charge(), orderId: '7' }],
    ['a field that is not declared', { ...charge(), tip: 1 }],
  ])('%s is validation_failed', async (_what, input) => {
    expect(await refusal(port.charge(input))).toMatchObject({ code: 'validation_failed' });
  });
}
