import type { Sample } from '#sample';
import type { ModuleStatus } from 'nestjs-strangler';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { closeBooks } from './closing-account.js';
import { faultsOf } from './account.js';
import { OrderBook } from './order-book.js';
import { statusOf } from './status.fixture.js';
import type { ControlPlane } from './walk.js';

const order = '01939d6e-0000-7000-8000-000000000001';
const shop = [
  `insert into inventory.stock_item (sku, description, price, currency, on_hand, sold, received)
   values ('A1', 'Cup', 255, 'GBP', 8, 2, 10)`,
  `insert into inventory.reservation (order_id, sku, quantity, unit_price, currency, status)
   values ('${order}', 'A1', 2, 255, 'GBP', 'sold')`,
  `insert into orders.orders (id, user_id, status, items, total, currency, customer_email) values ('${order}', '${order}',
     'confirmed', '[{"sku": "A1", "quantity": 2, "unitPrice": {"amount": 255, "currency": "GBP"}}]', 510, 'GBP', 'a@b.example')`,
  `insert into payments.payment (order_id, id, amount, currency, status)
   values ('${order}', '${order}', 510, 'GBP', 'charged')`,
  `insert into payments.provider_ledger (order_id, idempotency_key, kind, amount, currency)
   values ('${order}', 'c', 'charge', 510, 'GBP')`,
];
const figures = { calls: 0, errors: 0, p50Ms: null, p99Ms: null };
const side = {
  ...figures,
  healthy: true,
  health: 'up' as const,
  probes: figures,
  lagMs: 0,
  quarantined: 0,
  parked: 0,
};

/** An admin API of which both sides are quiet at the third look, and verify is done at the sixth. */
class Admin implements ControlPlane {
  looks = 0;
  readonly acts: string[] = [];
  module = async (): Promise<ModuleStatus> => {
    const pending = ++this.looks < 3 ? 7 : 0;
    const done = this.looks >= 6;
    return statusOf({
      sides: { monolith: { ...side, pending: 0 }, extracted: { ...side, pending } },
      verify: {
        running: this.acts.length > 0 && !done ? { done: 1, total: 2, etaSeconds: null } : null,
        checkedAt: done ? 'now' : 'before',
        rows: 12,
        differences: 0,
      },
    });
  };
  act = async (_module: string, verb: string): Promise<void> => {
    expect(this.looks).toBeGreaterThanOrEqual(3);
    this.acts.push(verb);
  };
  history = async (): Promise<[]> => [];
}

describe('the end of a demo', () => {
  let monolith: TestDatabase;
  let extracted: TestDatabase;

  beforeAll(async () => {
    [monolith, extracted] = [await freshDatabase(), await freshDatabase()];
    for (const sql of shop) await monolith.query(sql);
    for (const sql of shop.slice(0, 2)) await extracted.query(sql);
  });
  afterAll(() => Promise.all([monolith.drop(), extracted.drop()]));

  const close = (admin = new Admin()) => {
    const book = new OrderBook();
    book.promised.set('k', order);
    const load = { figures: { sent: 1, outcomes: { placed: 1 }, reads: 0 }, orderMs: [20] };
    const sample = { products: [{ sku: 'A1', onHand: 10 }] } as unknown as Sample;
    const database = async (name: string) => (name === 'shop' ? monolith.url : extracted.url);
    return closeBooks(
      { admin, load, sample, database } as unknown as Parameters<typeof closeBooks>[0],
      book,
      {
        away: ['inventory'],
        seconds: () => 1,
        doing: () => undefined,
        stop: new AbortController().signal,
      },
    );
  };

  it('waits until both sides are quiet, has them compared, and finds each order on each side', async () => {
    const admin = new Admin();
    const account = await close(admin);
    expect(admin.acts).toEqual(['verify']);
    expect(account.verified).toEqual([{ module: 'inventory', rows: 12, differences: 0 }]);
    expect(account.found.map(({ module, side: where, found }) => [module, where, found.orders])).toEqual([
      ['orders', 'monolith', 1],
      ['inventory', 'monolith', 1],
      ['inventory', 'extracted', 1],
      ['payments', 'monolith', 1],
    ]);
    expect(account.books.map((books) => books.side)).toEqual(['monolith', 'extracted']);
    expect(faultsOf(account)).toEqual([]);
  });

  it('misses an order that one side has lost, and stock that came from nowhere', async () => {
    await extracted.query('truncate inventory.reservation');
    await extracted.query(`update inventory.stock_item set on_hand = 11, sold = 0, received = 11`);
    const faults = faultsOf(await close());
    expect(faults[0]).toBe(`1 orders lost: ${order}`);
    expect(faults[1]).toMatch(
      /^the books of extracted do not add up: .*A1: received, against what came in: 11 instead of 10/,
    );
    expect(faults).toHaveLength(2);
  });
});
