import { inventory, type OrderStock, type StockLine } from '#contracts';
import type { Port } from 'nestjs-strangler';
import { randomBytes, randomUUID } from 'node:crypto';
import { refusal } from '../support/failure.js';
import type { ContractRunner, RunningPorts } from './runners.js';

/** What callers of the inventory may rely on, wherever it is served. */
export function inventoryContract(runner: ContractRunner): void {
  let running: RunningPorts;
  let port: Port<typeof inventory>;

  beforeAll(async () => {
    running = await runner.start(['inventory']);
    port = running.port(inventory);
  });
  afterAll(() => running.stop());

  const price = { amount: 295, currency: 'GBP' };

  async function product(onHand: number): Promise<string> {
    const sku = `T-${randomBytes(8).toString('hex').toUpperCase()}`;
    await port.putProduct({ sku, description: 'WHITE METAL LANTERN', price, onHand });
    return sku;
  }

  const stockOf = async (sku: string): Promise<[onHand: number, reserved: number]> => {
    const { onHand, reserved } = await port.getProduct({ sku });
    return [onHand, reserved];
  };

  const one = (sku: string, quantity = 1): StockLine => ({ sku, quantity });
  const order = (...lines: StockLine[]): OrderStock => ({ orderId: randomUUID(), lines });

  describe('products', () => {
    test('a product is found under any spelling of its SKU', async () => {
      const sku = await product(3);
      expect(await port.getProduct({ sku: ` ${sku.toLowerCase()} ` })).toEqual({
        sku,
        description: 'WHITE METAL LANTERN',
        price,
        onHand: 3,
        reserved: 0,
      });
    });

    test('an unknown product is not_found', async () => {
      expect(await refusal(port.getProduct({ sku: 'NO-SUCH' }))).toEqual({
        code: 'not_found',
        data: { sku: 'NO-SUCH' },
      });
      expect(await refusal(port.restock({ sku: 'NO-SUCH', quantity: 1 }))).toMatchObject({
        code: 'not_found',
      });
    });

    test('several products at once, those that there are', async () => {
      const skus = [await product(1), await product(2)];
      const asked = [...skus, 'NO-SUCH', skus[0]!.toLowerCase()].map((sku) => ({ sku }));
      const { items } = await port.getProducts({ products: asked });
      expect(items.map(({ sku }) => sku).sort()).toEqual([...skus].sort());
    });

    test('a second put changes the product, and leaves what orders hold', async () => {
      const sku = await product(10);
      await port.reserve(order(one(sku, 4)));
      const changed = { sku, description: 'lantern', price: { amount: 1, currency: 'GBP' }, onHand: 7 };
      expect(await port.putProduct(changed)).toEqual({ ...changed, reserved: 4 });
      expect(await port.getProduct({ sku })).toEqual({ ...changed, reserved: 4 });
    });

    test('a restock adds to the shelf', async () => {
      const sku = await product(2);
      expect(await port.restock({ sku, quantity: 5 })).toMatchObject({ sku, onHand: 7 });
    });

    test('pages hold every product once, in SKU order, and the last says so', async () => {
      const skus = [await product(1), await product(1), await product(1), await product(1), await product(1)];
      const seen: string[] = [];
      let after: string | null | undefined;
      do {
        const { items, next } = await port.listProducts({ limit: 2, after });
        expect(items.length).toBeLessThanOrEqual(2);
        seen.push(...items.map((item) => item.sku));
        after = next;
      } while (after);
      expect(after).toBeNull();
      expect(seen).toEqual([...new Set(seen)].sort());
      expect(seen).toEqual(expect.arrayContaining(skus));
    });
  });

  describe('stock for orders', () => {
    test('goes from the shelf to the order, at the price of the moment', async () => {
      const [a, b] = [await product(5), await product(5)];
      const input = order(one(b, 2), one(a, 1));
      expect(await port.reserve(input)).toEqual({
        orderId: input.orderId,
        lines: [
          { sku: b, quantity: 2, unitPrice: price },
          { sku: a, quantity: 1, unitPrice: price },
        ],
      });
      expect(await stockOf(a)).toEqual([4, 1]);
      expect(await stockOf(b)).toEqual([3, 2]);
      expect(await port.commit(input)).toEqual({ orderId: input.orderId });
      expect(await stockOf(b)).toEqual([3, 0]);
    });

    test('goes to the order for all lines or for none', async () => {
      const [enough, short] = [await product(5), await product(1)];
      expect(await refusal(port.reserve(order(one(enough), one(short, 2))))).toEqual({
        code: 'out_of_stock',
        data: { sku: short, wanted: 2, available: 1 },
      });
      expect(await refusal(port.reserve(order(one(enough), one('NO-SUCH'))))).toEqual({
        code: 'not_found',
        data: { sku: 'NO-SUCH' },
      });
      expect(await stockOf(enough)).toEqual([5, 0]);
    });

    test('of a SKU that stands in two lines is the sum of both', async () => {
      const sku = await product(5);
      const { lines } = await port.reserve(order(one(sku, 2), one(sku.toLowerCase(), 1)));
      expect(lines).toEqual([{ sku, quantity: 3, unitPrice: price }]);
      expect(await refusal(port.reserve(order(one(sku, 1), one(sku, 2))))).toMatchObject({
        code: 'out_of_stock',
      });
    });

    test('comes back from a release, reserved or sold, once', async () => {
      const sku = await product(5);
      const [reserved, sold] = [order(one(sku, 1)), order(one(sku, 2))];
      await port.reserve(reserved);
      await port.reserve(sold);
      await port.commit(sold);
      for (const input of [reserved, sold, sold, reserved]) {
        expect(await port.release(input)).toEqual({ orderId: input.orderId });
      }
      expect(await stockOf(sku)).toEqual([5, 0]);
    });

    test('is never taken for an order that was released before, though it is a new command', async () => {
      const sku = await product(5);
      const input = order(one(sku));
      await port.release(input);
      expect(await refusal(port.reserve(input))).toEqual({ code: 'order_cancelled', data: { sku } });
      expect(await port.commit(input)).toEqual({ orderId: input.orderId });
      expect(await stockOf(sku)).toEqual([5, 0]);
    });

    test('is not sold once it was released', async () => {
      const sku = await product(5);
      const input = order(one(sku));
      await port.reserve(input);
      await port.release(input);
      expect(await port.commit(input)).toEqual({ orderId: input.orderId });
      expect(await stockOf(sku)).toEqual([5, 0]);
    });

    test('is taken once, however often the order asks for it', async () => {
      const sku = await product(5);
      const input = order(one(sku, 2));
      const first = await port.reserve(input);
      expect(await port.reserve(input)).toEqual(first);
      await port.commit(input);
      await port.commit(input);
      expect(await port.reserve(input)).toEqual(first);
      expect(await stockOf(sku)).toEqual([3, 0]);
    });

    test('is released also for a SKU that nobody knows, which stays refused when it is made', async () => {
      const sku = `T-${randomBytes(8).toString('hex').toUpperCase()}`;
      const input = order(one(sku));
      await port.release(input);
      await port.putProduct({ sku, description: 'late', price, onHand: 5 });
      expect(await refusal(port.reserve(input))).toMatchObject({ code: 'order_cancelled' });
    });
  });

  describe('a command id', () => {
    test('with the same input gives the first answer again', async () => {
      const sku = await product(5);
      const commandId = randomUUID();
      const first = await port.restock({ sku, quantity: 1 }, { commandId });
      await port.restock({ sku, quantity: 10 });
      expect(await port.restock({ sku: sku.toLowerCase(), quantity: 1 }, { commandId })).toEqual(first);
      expect(await stockOf(sku)).toEqual([16, 0]);
    });

    test('with another input is refused', async () => {
      const sku = await product(5);
      const commandId = randomUUID();
      await port.restock({ sku, quantity: 1 }, { commandId });
      expect(await refusal(port.restock({ sku, quantity: 2 }, { commandId }))).toMatchObject({
        code: 'idempotency_key_reused',
      });
      expect(await stockOf(sku)).toEqual([6, 0]);
    });

    test('may be used again after a refusal', async () => {
      const sku = await product(1);
      const [input, commandId] = [order(one(sku, 2)), randomUUID()];
      expect(await refusal(port.reserve(input, { commandId }))).toMatchObject({ code: 'out_of_stock' });
      await port.restock({ sku, quantity: 1 });
      await port.reserve(input, { commandId });
      expect(await stockOf(sku)).toEqual([0, 2]);
    });
  });

  test.each([
    ['a field that is not declared', { sku: 'A', quantity: 1, warehouse: 'north' }],
    ['a missing field', { sku: 'A' }],
    ['a fraction', { sku: 'A', quantity: 1.5 }],
    ['nothing at all', { sku: 'A', quantity: 0 }],
    ['a SKU with a space in it', { sku: 'A B', quantity: 1 }],
  ])('%s is validation_failed', async (_what, input) => {
    expect(await refusal(port.restock(input as never))).toMatchObject({ code: 'validation_failed' });
  });
}
