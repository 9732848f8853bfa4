import { payments, type Charge } from '#contracts';
import { PaymentsModule, PaymentsWithoutProviderModule } from '#domain/payments';
import type { Port } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { randomUUID } from 'node:crypto';
import { refusal } from '../../../../test/support/failure.js';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { PaymentProviderToken } from './payment-provider.js';
import type { TestProvider } from './test-provider.js';

let modules: RunningModules;
let port: Port<typeof payments>;

beforeAll(async () => {
  modules = await startModules([PaymentsModule]);
  port = modules.port(payments);
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => modules.stop());

const charge = (orderId = randomUUID()): Charge => ({
  orderId,
  amount: { amount: 500, currency: 'GBP' },
  token: 'tok_ok',
});

const times = <T>(count: number, call: () => Promise<T>): Promise<PromiseSettledResult<T>[]> =>
  Promise.allSettled(Array.from({ length: count }, call));

/** What the provider did for an order: `charge` and `refund` in the order in which it did them. */
async function ledger(orderId: string): Promise<string[]> {
  const rows = await modules.database.query<{ kind: string }>(
    `select kind from payments.provider_ledger where order_id = $1 and currency <> 'XXX' order by created_at`,
    [orderId],
  );
  return rows.map((row) => row.kind);
}

test('20 charges at once under one command id take the money once', async () => {
  const [input, commandId] = [charge(), randomUUID()];
  const answers = await times(20, () => port.charge(input, { commandId }));
  const first = await port.getPayment({ orderId: input.orderId });
  expect(answers).toEqual(answers.map(() => ({ status: 'fulfilled', value: first })));
  expect(await ledger(input.orderId)).toEqual(['charge']);
});

test('20 charges at once under 20 command ids take the money once', async () => {
  const input = charge();
  const answers = await times(20, () => port.charge(input));
  const first = await port.getPayment({ orderId: input.orderId });
  expect(answers).toEqual(answers.map(() => ({ status: 'fulfilled', value: first })));
  expect(await ledger(input.orderId)).toEqual(['charge']);
});

test('20 refunds at once give the money back once', async () => {
  const { orderId } = await port.charge(charge());
  const answers = await times(20, () => port.refund({ orderId }));
  expect(answers.every((answer) => answer.status === 'fulfilled')).toBe(true);
  expect(await ledger(orderId)).toEqual(['charge', 'refund']);
});

test('a charge at the same time as its refund leaves no money taken, whichever comes first', async () => {
  for (const input of Array.from({ length: 30 }, () => charge())) {
    await Promise.allSettled([port.charge(input), port.refund({ orderId: input.orderId })]);
    expect([[], ['charge', 'refund']]).toContainEqual(await ledger(input.orderId));
  }
});

test('a refund without a charge moves no money, and the provider takes none for that order from then on', async () => {
  const input = charge();
  await port.refund({ orderId: input.orderId });
  expect(await ledger(input.orderId)).toEqual([]);
  const provider = modules.get<TestProvider>(PaymentProviderToken as never);
  const late = { ...input, idempotencyKey: `${input.orderId}:charge` };
  expect(await provider.charge(late)).toBe('refunded');
  expect(await ledger(input.orderId)).toEqual([]);
});

test.each(['tok_declined', 'tok_provider_down'])('%s leaves nothing in the ledger', async (token) => {
  const input = { ...charge(), token };
  await refusal(port.charge(input));
  expect(await ledger(input.orderId)).toEqual([]);
});

test('raw SQL cannot make a second payment for an order, nor money out of a void one', async () => {
  const { orderId } = await port.charge(charge());
  const add = `insert into payments.payment (order_id, id, status) values ($1, gen_random_uuid(), 'void')`;
  await expect(modules.database.query(add, [orderId])).rejects.toThrow('payment_pkey');
  const earn = `update payments.payment set status = 'void' where order_id = $1`;
  await expect(modules.database.query(earn, [orderId])).rejects.toThrow('void_has_no_amount');
});

test('charge and refund never share the transaction of an order; what writes their results down does', () => {
  const executor = modules.get(LocalModules).executor('payments');
  const external = ['charge', 'refund', 'settleCharge', 'settleRefund'].filter((name) =>
    executor.isExternal(name),
  );
  expect(external).toEqual(['charge', 'refund']);
});

describe('without a provider', () => {
  let bare: RunningModules;
  beforeAll(async () => {
    bare = await startModules([PaymentsWithoutProviderModule]);
  });
  afterAll(() => bare.stop());

  test.each(['tok_ok', 'tok_slow', 'tok_provider_down', 'tok_declined'])('%s pays nothing', async (token) => {
    const refused = await refusal(bare.port(payments).charge({ ...charge(), token }));
    expect(refused).toMatchObject({ code: 'payment_declined' });
    expect(await bare.database.query('select from payments.provider_ledger')).toEqual([]);
  });
});
