import { inventory, orders, payments, users, type CustomerSummary } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { Controller } from '#strangler/control/controller';
import type { ControlNeeds } from '#strangler/control/reconcile/needs';
import { Database } from '#strangler/database/database';
import { Agents } from '#strangler/sides/agents';
import { randomUUID } from 'node:crypto';
import { quiet } from '../../support/controlled.js';
import { startModules, type RunningModules } from '../../support/modules.js';
import { until } from '../../support/until.js';

/*
 * What customers have bought is a view made of events of orders, which adds and is not idempotent. It is spoilt, and made anew by one command,
 * while customers order, cancel, and look.
 */
let shop: RunningModules;
let own: Database;
let controller: Controller;
const customers = [randomUUID(), randomUUID()];

beforeAll(async () => {
  shop = await startModules([UsersModule, InventoryModule, PaymentsModule, OrdersModule]);
  for (const id of customers)
    await shop.port(users).register({ id, email: `${id}@shop.example`, name: 'Ann', password: 'a long one' });
  const price = { amount: 250, currency: 'GBP' };
  for (const sku of ['S-1', 'S-2'])
    await shop.port(inventory).putProduct({ sku, description: 'Cup', price, onHand: 1_000 });
  own = new Database(shop.database.url);
  const agents = shop.get(Agents);
  const needs = {
    modules: [users, inventory, payments, orders].map(({ name, ownership }) => ({ module: name, ownership })),
    sides: (module: string) => ({ monolith: agents.of(module)!, extracted: {} }),
    evidence: async () => ({ ...quiet, ageMs: 0 }),
    localUse: async () => [],
    wakesServers: () => true,
  };
  controller = new Controller({ database: own, needs: needs as unknown as ControlNeeds });
  await controller.prepare();
});
afterAll(async () => {
  await controller.stop();
  await own.close();
  await shop.stop();
});

const place = (userId: string, sku: string, quantity: number) =>
  shop.port(orders).place({ userId, items: [{ sku, quantity }], payment: { token: 'tok_ok' } });

/** By the orders themselves. */
async function bought(userId: string): Promise<CustomerSummary> {
  const { items } = await shop.port(orders).listOrders({ userId, limit: 100 });
  const stands = items.filter(({ status }) => status !== 'cancelled');
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of stands.flatMap((order) => order.items))
    quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return {
    userId,
    sales: [
      {
        orders: stands.length,
        spent: { amount: stands.reduce((sum, { total }) => sum + total.amount, 0), currency: 'GBP' },
      },
    ],
    // Also of one that was cancelled.
    lastOrderId: items
      .map(({ id }) => id)
      .sort()
      .at(-1)!,
    products: [...quantities]
      .map(([sku, quantity]) => ({ sku, quantity }))
      .sort((a, b) => b.quantity - a.quantity || (a.sku < b.sku ? -1 : 1)),
  };
}
const summary = (userId: string) => shop.port(orders).summary({ userId });
const untilTrue = () =>
  until('the view is true', async () => {
    for (const id of customers)
      if (JSON.stringify(await summary(id)) !== JSON.stringify(await bought(id))) return undefined;
    return true;
  });

it('the view of sales is made anew while it serves', async () => {
  for (const id of customers) {
    await place(id, 'S-1', 3);
    const { id: order } = await place(id, 'S-2', 5);
    await shop.port(orders).cancel({ userId: id, id: order });
    await place(id, 'S-2', 1);
  }
  await untilTrue();
  await shop.database.query('update orders.customer_sales set spent = spent + 1, orders = orders + 7');
  await shop.database.query('update orders.customer_product set quantity = 99');

  let over = false;
  const ordering = customers.map(async (id) => {
    for (let n = 0; !over || n < 3; n++) {
      const { id: order } = await place(id, 'S-1', 1);
      if (n % 2 === 1) await shop.port(orders).cancel({ userId: id, id: order });
      // It answers all the while.
      expect((await summary(id)).userId).toBe(id);
    }
  });
  const { plan } = await controller.operator.act(
    'orders',
    { verb: 'replay', subscriber: 'orders' },
    { actor: 'ann', dryRun: false },
  );
  over = true;
  await Promise.all(ordering);
  expect(plan.join('\n')).toMatch(/empty .*customer_sales.*customer_product/);
  await untilTrue();
});
