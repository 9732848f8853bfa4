import { inventory, orders, users } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { randomUUID } from 'node:crypto';
import { startModules, type RunningModules } from '../../support/modules.js';
import { until } from '../../support/until.js';

/* What becomes of an order is told once, whatever way it takes; of one that never was, nothing. */
let shop: RunningModules;
let userId: string;
beforeAll(async () => {
  shop = await startModules([UsersModule, InventoryModule, PaymentsModule, OrdersModule]);
});
afterAll(() => shop.stop());

beforeEach(async () => {
  userId = randomUUID();
  const named = { email: `${userId}@shop.example`, name: 'Ann Lee', password: 'a long password' };
  await shop.port(users).register({ id: userId, ...named });
  const price = { amount: 250, currency: 'GBP' };
  await shop.port(inventory).putProduct({ sku: userId.slice(0, 8), description: 'Cup', price, onHand: 12 });
});

const place = (quantity: number, token: string) =>
  shop.port(orders).place({ userId, items: [{ sku: userId.slice(0, 8), quantity }], payment: { token } });

/** What was told under a key, in its order. */
async function told(module: string, key: string): Promise<string[]> {
  const rows = await shop.database.query<{ type: string }>(
    `select type from ${module}.event where routing_key = $1 order by seq`,
    [key],
  );
  return rows.map(({ type }) => type.slice(module.length + 1));
}

it('an order that is paid, and cancelled twice', async () => {
  const { id } = await place(1, 'tok_ok');
  for (const commandId of [randomUUID(), randomUUID()])
    await shop.port(orders).cancel({ userId, id }, { commandId });
  expect(await told('orders', userId)).toEqual(['placed', 'confirmed', 'cancelled']);
  expect(await told('payments', id)).toEqual(['charged', 'refunded']);
  expect(await told('users', userId)).toEqual(['registered']);
});

it('an order whose payment is awaited', async () => {
  await place(1, 'tok_provider_down');
  expect(await told('orders', userId)).toEqual(['placed']);
  await until('it is paid', async () => ((await told('orders', userId)).length > 1 ? true : undefined));
  expect(await told('orders', userId)).toEqual(['placed', 'confirmed']);
});

it('an order that is cancelled while it is being paid', async () => {
  // Its customer never hears of it as placed, and who follows orders has to: it is cancelled.
  const placing = place(1, 'tok_slow').catch((error: unknown) => error);
  const id = await until('the order is there', async () => {
    const found = await shop.database.query<{ id: string }>(
      `select id from orders.orders where user_id = $1 and status = 'pending'`,
      [userId],
    );
    return found[0]?.id;
  });
  await shop.port(orders).cancel({ userId, id });
  expect(await told('orders', userId)).toEqual(['placed', 'cancelled']);
  expect(await placing).toMatchObject({ code: 'order_cancelled' });
  expect(await told('orders', userId)).toEqual(['placed', 'cancelled']);
});

it('an order that is declined was never placed; its stock was set aside', async () => {
  await expect(place(1, 'tok_declined')).rejects.toMatchObject({ code: 'payment_declined' });
  expect(await told('orders', userId)).toEqual([]);
  expect(await told('inventory', userId.slice(0, 8).toUpperCase())).toEqual(['reserved']);
});

it('stock is low once, when it falls below ten', async () => {
  for (const quantity of [2, 1, 1]) await place(quantity, 'tok_ok');
  const all = await told('inventory', userId.slice(0, 8).toUpperCase());
  expect(all).toEqual(['reserved', 'reserved', 'lowStock', 'reserved']);
});
