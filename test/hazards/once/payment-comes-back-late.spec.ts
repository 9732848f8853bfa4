import { inventory, orders, payments, users, type Charge } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { withContext } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { PaymentProviderToken } from '../../../libs/domain/src/payments/payment-provider.js';
import { undoIdOf } from '#strangler/calls/idempotency';
import { Bank, held } from '../../support/bank.js';
import { refusal } from '../../support/failure.js';
import { startModules, type RunningModules } from '../../support/modules.js';
import { until } from '../../support/until.js';

/*
 * The provider is asked between two transactions: the first commits the intent (the claim of the command id), the second what came
 * of it. What can come in between:
 *
 *   A  intent; call …                                        … result
 *   1                 the caller has given up, and asks again
 *   2                 the process dies; another one asks again
 *   3                 the order is cancelled: refund (row, call, result), before the charge arrives at the provider
 *   4                 the same, after the provider has taken the money and before it has answered
 *   5                 the refund's process dies between its row and its call
 */
let bank: Bank;
let shop: RunningModules;
const open = (database?: RunningModules['database']) =>
  startModules([UsersModule, InventoryModule, PaymentsModule, OrdersModule], {
    ...(database && { database }),
    override: (builder) => builder.overrideProvider(PaymentProviderToken).useValue(bank),
  });

beforeAll(async () => {
  bank = await Bank.open();
  shop = await open();
});
beforeEach(() => jest.spyOn(Logger.prototype, 'error').mockReturnValue());
afterEach(() => {
  jest.restoreAllMocks();
  bank.arriving = bank.answering = undefined;
  bank.remembers = true;
});
afterAll(async () => {
  await shop.stop();
  await bank.close();
});

const charge = (): Charge => ({
  orderId: randomUUID(),
  amount: { amount: 500, currency: 'GBP' },
  token: 'tok_ok',
});
const byOrder = ({ orderId }: Charge) => ({ orderId });
/** As a caller whose time is up soon. */
const hurried = <T>(work: () => Promise<T>): Promise<T> =>
  withContext({ requestId: 'hurried', deadline: performance.now() + 1_000, servedBy: new Map() }, work);
const asked = (orderId: string) => bank.asked.filter((key) => key === `${orderId}:charge`).length;
const payment = async (orderId: string) => {
  const [row] = await shop.database.query<{ status: string }>(
    'select status from payments.payment where order_id = $1',
    [orderId],
  );
  return row?.status;
};
/** Sessions of the shop inside a transaction, and locks that a hand-off waits for. */
const inside = () =>
  shop.database.query(
    `select state from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'
     union all select 'lock' from pg_locks l join pg_database d on d.oid = l.database
     where d.datname = current_database() and l.locktype = 'advisory' and l.mode like '%Share%'`,
  );

describe('while the provider has the call', () => {
  it('nothing is held: no transaction, no row, no key; and other commands of the order go on', async () => {
    const [{ moment, reached, go }, input] = [held(), charge()];
    bank.arriving = moment;
    const charging = shop.port(payments).charge(input);
    await reached;
    expect(await inside()).toEqual([]);
    expect(await refusal(shop.port(payments).getPayment(byOrder(input)))).toMatchObject({
      code: 'not_found',
    });
    expect(await shop.port(payments).refund(byOrder(input))).toEqual({ orderId: input.orderId });
    go();
    expect(await refusal(charging)).toMatchObject({ code: 'order_cancelled' });
    expect(await bank.moved(input.orderId)).toEqual([]);
  });

  it('its caller gives up and comes again: he joins, and is answered by the one call', async () => {
    const [{ moment, reached, go }, input, commandId] = [held(), charge(), randomUUID()];
    bank.answering = moment;
    const tired = refusal(hurried(() => shop.port(payments).charge(input, { commandId })));
    await reached;
    expect(await tired).toMatchObject({ code: 'outcome_unknown' });
    const again = shop.port(payments).charge(input, { commandId });
    go();
    expect(await again).toMatchObject({ status: 'charged' });
    expect(asked(input.orderId)).toBe(1);
  });

  it('its caller gives up for good: the answer is written down all the same', async () => {
    const [{ moment, reached, go }, input] = [held(), charge()];
    bank.answering = moment;
    const tired = refusal(hurried(() => shop.port(payments).charge(input)));
    await reached;
    expect(await tired).toMatchObject({ code: 'outcome_unknown' });
    go();
    await until('the payment is there', async () =>
      (await payment(input.orderId)) === 'charged' ? true : undefined,
    );
  });
});

it('the process dies after the call: another one asks again under the same key, and the money is taken once', async () => {
  const [{ moment, reached, go }, input, commandId] = [held(), charge(), randomUUID()];
  // This one never hears of it: as good as dead.
  bank.answering = moment;
  const dead = refusal(hurried(() => shop.port(payments).charge(input, { commandId })));
  await reached;
  await dead;
  bank.answering = undefined;
  const other = await open(shop.database);
  expect(await other.port(payments).charge(input, { commandId })).toMatchObject({ status: 'charged' });
  await other.stop();
  expect(asked(input.orderId)).toBe(2);
  expect(await bank.moved(input.orderId)).toEqual(['charge 500']);
  // And should it live after all, its result is the one that is there.
  go();
  expect(await shop.port(payments).charge(input, { commandId })).toMatchObject({ status: 'charged' });
});

it('the connection to the provider breaks: nobody knows, and the next try does', async () => {
  const [input, commandId] = [charge(), randomUUID()];
  bank.answering = () => Promise.reject(new Error('socket hang up'));
  expect(await refusal(shop.port(payments).charge(input, { commandId }))).toMatchObject({
    code: 'outcome_unknown',
  });
  expect(await bank.moved(input.orderId)).toEqual(['charge 500']);
  bank.answering = undefined;
  expect(await shop.port(payments).charge(input, { commandId })).toMatchObject({ status: 'charged' });
  expect(await bank.moved(input.orderId)).toEqual(['charge 500']);
});

it('a command id gives its first answer again without a call, also when the payment has changed since', async () => {
  const [input, commandId] = [charge(), randomUUID()];
  const first = await shop.port(payments).charge(input, { commandId });
  await shop.port(payments).refund(byOrder(input));
  expect(await shop.port(payments).charge(input, { commandId })).toEqual(first);
  expect(asked(input.orderId)).toBe(1);
});

it('20 at once under one id are one call', async () => {
  const [input, commandId] = [charge(), randomUUID()];
  const twenty = Array.from({ length: 20 }, () => shop.port(payments).charge(input, { commandId }));
  expect(new Set((await Promise.all(twenty)).map(({ id }) => id)).size).toBe(1);
  expect(asked(input.orderId)).toBe(1);
});

it("a refund's process dies before its call: whoever asks next makes it, under whichever id", async () => {
  const input = charge();
  await shop.port(payments).charge(input);
  jest.spyOn(bank, 'refund').mockRejectedValueOnce(new Error('the process dies here'));
  expect(await refusal(shop.port(payments).refund(byOrder(input)))).toMatchObject({
    code: 'outcome_unknown',
  });
  expect(await bank.moved(input.orderId)).toEqual(['charge 500']);
  await shop.port(payments).refund(byOrder(input));
  expect(await bank.moved(input.orderId)).toEqual(['charge 500', 'refund 500']);
});

it.each([
  ['once', randomUUID()],
  ['and is taken back by the saga that gave it up', undefined],
])('a provider takes the money after its refund, %s: that is returned', async (_how, refundId) => {
  const [{ moment, reached, go }, input, commandId] = [held(), charge(), randomUUID()];
  bank.remembers = false;
  bank.arriving = moment;
  const charging = refusal(shop.port(payments).charge(input, { commandId }));
  await reached;
  const how = refundId ? { commandId: refundId } : { commandId: undoIdOf(commandId), undoOf: commandId };
  await shop.port(payments).refund(byOrder(input), how);
  go();
  expect(await charging).toMatchObject({ code: 'order_cancelled' });
  expect(await bank.moved(input.orderId)).toEqual(['charge 500', 'refund 500']);
});

describe('an order', () => {
  const userId = randomUUID();
  beforeAll(async () => {
    const named = { email: 'ada@example.com', name: 'Ada', password: 'correct horse 9' };
    await shop.port(users).register({ id: userId, ...named });
    const price = { amount: 250, currency: 'GBP' };
    await shop.port(inventory).putProduct({ sku: 'A-1', description: 'Mug', price, onHand: 10 });
  });

  it('whose card is declined leaves nothing, and no token', async () => {
    jest.spyOn(bank, 'charge').mockResolvedValueOnce('declined');
    const order = { userId, items: [{ sku: 'A-1', quantity: 2 }], payment: { token: 'tok_of_a_card' } };
    expect(await refusal(shop.port(orders).place(order))).toMatchObject({ code: 'payment_declined' });
    const kept = `select from orders.saga where status <> 'failed' or state::text like '%tok_of_a_card%'`;
    expect(await shop.database.query(kept)).toEqual([]);
    expect(await shop.port(inventory).getProduct({ sku: 'A-1' })).toMatchObject({ onHand: 10 });
  });

  it('that was answered as waiting, and whose card is then declined, leaves nothing but what it is asked for by', async () => {
    jest
      .spyOn(bank, 'charge')
      .mockRejectedValueOnce(new Error('no answer'))
      .mockRejectedValueOnce(new Error('no answer'));
    const order = { userId, items: [{ sku: 'A-1', quantity: 2 }], payment: { token: 'tok_of_a_card' } };
    const commandId = randomUUID();
    const { id, status } = await shop.port(orders).place(order, { commandId });
    expect(status).toBe('pending_payment');
    jest.spyOn(bank, 'charge').mockResolvedValue('declined');
    const [saga] = await until('it is given up', async () => {
      const found = await shop.database.query<{ state: object }>(
        `select state from orders.saga where status = 'failed' and command_id = $1`,
        [commandId],
      );
      return found.length > 0 ? found : undefined;
    });
    expect(saga!.state).toEqual({ id, userId });
    expect(await shop.port(orders).place(order, { commandId })).toMatchObject({ id, status: 'cancelled' });
  });

  it('that is confirmed keeps of its saga nothing else, either', async () => {
    const price = { amount: 250, currency: 'GBP' };
    await shop.port(inventory).putProduct({ sku: 'B-1', description: 'Jug', price, onHand: 1 });
    const order = { userId, items: [{ sku: 'B-1', quantity: 1 }], payment: { token: 'tok_ok' } };
    const { id } = await shop.port(orders).place(order);
    const ended = await until('its saga has ended', async () => {
      const found = await shop.database.query<{ state: object }>(
        `select state from orders.saga where status = 'done' and state->>'id' = $1`,
        [id],
      );
      return found.length > 0 ? found : undefined;
    });
    expect(ended).toEqual([{ state: { id, userId } }]);
  });

  it.each(['arriving', 'answering'] as const)(
    'is cancelled while its charge is %s: no money is taken or kept, and the stock is back',
    async (at) => {
      const [{ moment, reached, go }, commandId] = [held(), randomUUID()];
      bank[at] = moment;
      const order = { userId, items: [{ sku: 'A-1', quantity: 2 }], payment: { token: 'tok_ok' } };
      const placing = refusal(shop.port(orders).place(order, { commandId }));
      await reached;
      const { items } = await shop.port(orders).listOrders({ userId });
      const { id } = items[0]!;
      expect(items[0]).toMatchObject({ status: 'pending' });
      expect(await shop.port(orders).cancel({ userId, id })).toMatchObject({ status: 'cancelled' });
      go();
      expect(await placing).toMatchObject({ code: 'order_cancelled' });
      expect(await bank.moved(id)).toEqual(at === 'arriving' ? [] : ['charge 500', 'refund 500']);
      expect(await shop.port(inventory).getProduct({ sku: 'A-1' })).toMatchObject({ onHand: 10 });
      expect(await shop.port(orders).getOrder({ userId, id })).toMatchObject({ status: 'cancelled' });
      const open = `select from orders.saga where status not in ('done', 'failed')`;
      expect(await shop.database.query(open)).toEqual([]);
    },
  );
});
