import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms } from '../../support/programs.js';
import { Client, makeSetup, openService, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * A gate holds each hand-off while somebody writes past the port. So the shop itself must not: payments could never leave while customers order.
 */
let nats: TestNats;
let setup: ShopSetup;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
});
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const strays = () =>
  setup.query<{ sql: string }>(
    'select sql from strangler.stray union all select sql from strangler.stray_origin',
  );

it('charges and refunds write through the port of payments, while its writes are recorded', async () => {
  await writeFile(
    setup.env['STRANGLER_CONFIG'] as string,
    'modules:\n  payments: { phase: dual-write }\n  orders: { phase: dual-write }\n',
  );
  const shop = await openShop(setup);
  await openService(setup, 'payments');
  await openService(setup, 'orders');
  await until('both modules are in dual-write', async () => {
    const sql = `select from strangler.module where phase = 'dual-write' and module in ('payments', 'orders')`;
    return (await setup.query(sql)).length === 2 ? true : undefined;
  });
  const admin = await Client.admin(shop.url);
  await admin.stock('P-1', 10);
  const customer = await Client.register(shop.url);
  const { body, status } = await customer.order(randomUUID(), { 'P-1': 1 });
  expect([status, body.status]).toEqual([201, 'confirmed']);
  const cancelled = await customer.send('POST', `/api/v1/orders/${body.id}/cancel`);
  expect(cancelled.status).toBe(200);
  const ledger = await setup.query<{ kind: string }>(
    'select kind from payments.provider_ledger order by kind',
  );
  expect(ledger.map(({ kind }) => kind)).toEqual(['charge', 'refund']);
  expect(await strays()).toEqual([]);
});
