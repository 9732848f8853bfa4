import { inventory, type OrderStock, type StockLine } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import type { Port } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { outcomes, refusal } from '../../../../test/support/failure.js';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';

let modules: RunningModules;
let port: Port<typeof inventory>;

beforeAll(async () => {
  modules = await startModules([InventoryModule]);
  port = modules.port(inventory);
  // A small table is read from its beginning, whatever is wanted: its rows would be locked in one order by chance.
  await modules.database.query(
    `insert into inventory.stock_item (sku, description, price, currency, on_hand, received)
     select 'FILL-' || n, 'never ordered', 1, 'GBP', 0, 0 from generate_series(1, 5000) n`,
  );
  await modules.database.query('analyze inventory.stock_item');
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => modules.stop());

let made = 0;
async function product(onHand: number): Promise<string> {
  const sku = `S-${String(++made).padStart(4, '0')}`;
  await port.putProduct({ sku, description: 'a thing', price: { amount: 250, currency: 'GBP' }, onHand });
  return sku;
}

interface Books {
  onHand: number;
  reserved: number;
  sold: number;
  received: number;
}

async function books(sku: string): Promise<Books> {
  const [row] = await modules.database.query<Record<keyof Books, string>>(
    `select on_hand as "onHand", reserved, sold, received from inventory.stock_item where sku = $1`,
    [sku],
  );
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([place, pieces]) => [place, Number(pieces)]),
  ) as never;
}

const order = (...lines: StockLine[]): OrderStock => ({ orderId: randomUUID(), lines });
const one = (sku: string, quantity = 1): StockLine => ({ sku, quantity });

describe('stock under concurrent orders', () => {
  test('50 orders for the last 10 pieces: 10 get one, and the shelf never goes below zero', async () => {
    const sku = await product(10);
    const calls = Array.from({ length: 50 }, () => port.reserve(order(one(sku))));
    expect(await outcomes(calls)).toEqual({ ok: 10, out_of_stock: 40 });
    expect(await books(sku)).toEqual({ onHand: 0, reserved: 10, sold: 0, received: 10 });
  });

  test('orders over the same SKUs in opposite order do not deadlock', async () => {
    const skus = [await product(1_000), await product(1_000), await product(1_000), await product(1_000)];
    const lines = skus.map((sku) => one(sku));
    const orders = Array.from({ length: 40 }, (_, i) => order(...(i % 2 ? lines : [...lines].reverse())));
    // The executor would hide a deadlock: it runs the transaction again.
    const failures = jest.spyOn(modules.dataSource.logger, 'logQueryError');
    expect(await outcomes(orders.map((each) => port.reserve(each)))).toEqual({ ok: 40 });
    expect(await outcomes(orders.map((each, i) => (i % 2 ? port.commit(each) : port.release(each))))).toEqual(
      {
        ok: 40,
      },
    );
    for (const sku of skus) {
      expect(await books(sku)).toEqual({ onHand: 980, reserved: 0, sold: 20, received: 1_000 });
    }
    expect(failures).not.toHaveBeenCalled();
  });

  test('reserve, commit, release and restock in any mixture keep every piece in the books', async () => {
    const skus = [await product(30), await product(30)];
    const orders = Array.from({ length: 30 }, () => order(one(skus[0]!), one(skus[1]!, 2)));
    await outcomes([
      ...orders.map((each) => port.reserve(each)),
      ...orders.filter((_, i) => i % 3 === 0).map((each) => port.release(each)),
      ...skus.map((sku) => port.restock({ sku, quantity: 5 })),
    ]);
    const reserved = await ordersThatHold(skus[0]!);
    await outcomes([
      ...orders.filter(({ orderId }) => reserved.has(orderId)).map((each) => port.commit(each)),
      ...orders.filter((_, i) => i % 2 === 0).map((each) => port.release(each)),
    ]);
    for (const sku of skus) {
      const { onHand, reserved, sold, received } = await books(sku);
      expect(received).toBe(35);
      expect(onHand + reserved + sold).toBe(35);
      expect({ reserved, sold }).toEqual(await heldByOrders(sku));
    }
  });

  test('a release at the same time as the reserve of its order leaves nothing taken for good', async () => {
    const sku = await product(20);
    const orders = Array.from({ length: 20 }, () => order(one(sku)));
    await outcomes(orders.flatMap((each) => [port.reserve(each), port.release(each)]));
    expect(await books(sku)).toEqual({ onHand: 20, reserved: 0, sold: 0, received: 20 });
  });
});

async function ordersThatHold(sku: string): Promise<ReadonlySet<string>> {
  const rows = await modules.database.query<{ id: string }>(
    `select order_id as id from inventory.reservation where sku = $1 and status = 'reserved'`,
    [sku],
  );
  return new Set(rows.map((row) => row.id));
}

async function heldByOrders(sku: string): Promise<{ reserved: number; sold: number }> {
  const [row] = await modules.database.query<{ reserved: string; sold: string }>(
    `select coalesce(sum(quantity) filter (where status = 'reserved'), 0) as reserved,
            coalesce(sum(quantity) filter (where status = 'sold'), 0) as sold
     from inventory.reservation where sku = $1`,
    [sku],
  );
  return { reserved: Number(row?.reserved), sold: Number(row?.sold) };
}

describe('a repeated command', () => {
  test('20 times at once with the same id takes stock once', async () => {
    const sku = await product(100);
    const input = order(one(sku, 3));
    const commandId = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => port.reserve(input, { commandId })));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await books(sku)).toMatchObject({ onHand: 97, reserved: 3 });
  });

  test('under other ids takes the stock of an order once', async () => {
    const sku = await product(100);
    const input = order(one(sku, 3));
    await Promise.all(Array.from({ length: 20 }, () => port.reserve(input)));
    expect(await books(sku)).toMatchObject({ onHand: 97, reserved: 3 });
    await Promise.all(Array.from({ length: 20 }, () => port.commit(input)));
    expect(await books(sku)).toMatchObject({ onHand: 97, reserved: 0, sold: 3 });
    await Promise.all(Array.from({ length: 20 }, () => port.release(input)));
    expect(await books(sku)).toMatchObject({ onHand: 100, reserved: 0, sold: 0 });
  });

  test('keeps its first answer when the stock has changed since', async () => {
    const sku = await product(1);
    const commandId = randomUUID();
    const first = await port.restock({ sku, quantity: 4 }, { commandId });
    await port.restock({ sku, quantity: 100 });
    expect(await port.restock({ sku, quantity: 4 }, { commandId })).toEqual(first);
    expect(await books(sku)).toMatchObject({ onHand: 105 });
  });
});

test('an order of 673 lines is a handful of statements, not one a line', async () => {
  const skus: string[] = [];
  // One after the other: a process carries out a few commands at a time, and refuses a crowd.
  while (skus.length < 673) skus.push(await product(5));
  const input = order(...skus.reverse().map((sku) => one(sku)));
  const statements = jest.spyOn(modules.dataSource.logger, 'logQuery');
  await port.reserve(input);
  await port.commit(input);
  await port.release(input);
  expect(statements.mock.calls.length).toBeLessThan(30);
  expect(await books(skus[0]!)).toEqual({ onHand: 5, reserved: 0, sold: 0, received: 5 });
});

test('out_of_stock names the first SKU in order, what was wanted and what there is', async () => {
  const [a, b, c] = [await product(9), await product(2), await product(0)];
  expect(await refusal(port.reserve(order(one(c), one(b, 3), one(a, 9))))).toEqual({
    code: 'out_of_stock',
    data: { sku: b, wanted: 3, available: 2 },
  });
  expect(await books(a)).toMatchObject({ onHand: 9, reserved: 0 });
});

test('the price of a reserved line stays when the product becomes dearer', async () => {
  const sku = await product(5);
  const input = order(one(sku));
  const before = await port.reserve(input);
  await port.putProduct({ sku, description: 'dear', price: { amount: 999, currency: 'GBP' }, onHand: 4 });
  expect(await port.reserve(input)).toEqual(before);
});

test('a correction of the count changes what came in, not what orders hold', async () => {
  const sku = await product(10);
  const input = order(one(sku, 4));
  await port.reserve(input);
  await port.commit(input);
  await port.putProduct({ sku, description: 'counted', price: { amount: 1, currency: 'GBP' }, onHand: 50 });
  expect(await books(sku)).toEqual({ onHand: 50, reserved: 0, sold: 4, received: 54 });
});

test('raw SQL cannot take a piece out of the books', async () => {
  const sku = await product(3);
  const change = (set: string) =>
    modules.database.query(`update inventory.stock_item set ${set} where sku = $1`, [sku]);
  await expect(change('on_hand = on_hand - 1')).rejects.toThrow('stock_is_conserved');
  await expect(change('on_hand = on_hand - 4, sold = sold + 4')).rejects.toThrow('on_hand_check');
});

test('a commit of what was never reserved is an error of the caller, and changes nothing', async () => {
  const sku = await product(3);
  const log = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  expect(await refusal(port.commit(order(one(sku))))).toMatchObject({ code: 'internal' });
  expect(log).toHaveBeenCalledWith(
    expect.objectContaining({ error: expect.stringContaining('has not reserved') }),
  );
  expect(await books(sku)).toMatchObject({ onHand: 3, sold: 0 });
});
