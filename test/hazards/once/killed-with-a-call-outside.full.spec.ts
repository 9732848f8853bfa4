import { accountOf } from '#sample';
import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms } from '../../support/programs.js';
import { Client, makeSetup, openService, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * A process dies (kill -9) when the provider has taken, or returned, the money, and nobody has written it down. The next one
 * asks again under the same key: the money has moved once.
 */
let nats: TestNats;
let setup: ShopSetup;

beforeEach(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
});
afterEach(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const account = () =>
  until('the account is true, with no order under way', async () => {
    const of = (module: 'inventory' | 'payments' | 'orders') => setup.databaseOf(module);
    const found = await accountOf({
      inventory: of('inventory'),
      payments: of('payments'),
      orders: of('orders'),
    });
    const { pending = 0, pending_payment = 0 } = found.totals.orders;
    return found.violations.length === 0 && pending + pending_payment === 0 ? found : undefined;
  });

/** What the provider did for all orders. */
const ledger = async () => {
  const rows = await setup.on<{ kind: string }>(
    setup.databaseOf('payments'),
    'select kind from payments.provider_ledger order by created_at',
  );
  return rows.map(({ kind }) => kind);
};

it('the monolith, after a charge and after a refund', async () => {
  const first = await openShop(setup, 'payments.charge:call:after');
  await (await Client.admin(first.url)).stock('A-1', 10);
  const customer = await Client.register(first.url);
  const dying = customer.order('once', { 'A-1': 2 }).catch(() => undefined);
  await until('it dies', () => first.process.signalCode ?? undefined);
  await dying;
  expect(await ledger()).toEqual(['charge']);

  const second = await openShop(setup, 'payments.refund:call:after');
  const ordered = await until('the order is confirmed', async () => {
    const answer = await customer.at(second.url).order('once', { 'A-1': 2 });
    return answer.body.status === 'confirmed' ? answer.body : undefined;
  });
  const cancel = (url: string) => customer.at(url).send('POST', `/api/v1/orders/${ordered.id}/cancel`);
  void cancel(second.url).catch(() => undefined);
  await until('it dies', () => second.process.signalCode ?? undefined);
  expect(await ledger()).toEqual(['charge', 'refund']);

  const third = await openShop(setup);
  expect((await account()).totals).toMatchObject({
    orders: { cancelled: 1 },
    pieces: { onHand: 10, sold: 0 },
  });
  expect(await ledger()).toEqual(['charge', 'refund']);
  await third.end();
}, 120_000);

it('the service of payments, while the shop takes orders', async () => {
  await setup.extract(['payments']);
  const dies = await openService(setup, 'payments', 'payments.charge:call:after');
  const shop = await openShop(setup);
  await setup.arrived();
  await (await Client.admin(shop.url)).stock('A-1', 10);
  const customer = await Client.register(shop.url);
  const ordering = customer.order('once', { 'A-1': 2 });
  await until('it dies', () => dies.process.signalCode ?? undefined);
  const { status, body } = await ordering;
  expect({ status, order: body.status }).toEqual({ status: 201, order: 'pending_payment' });
  expect(await ledger()).toEqual(['charge']);

  const sound = await openService(setup, 'payments');
  expect((await account()).totals).toMatchObject({
    orders: { confirmed: 1 },
    pieces: { onHand: 8, sold: 2 },
  });
  expect(await ledger()).toEqual(['charge']);
  await Promise.all([shop.end(), sound.end()]);
}, 120_000);
