import { doubledIn, faultsOf, lostIn, refusedIn, type DemoAccount } from './account.js';
import { accountText } from './account-text.js';
import type { Found } from './found.js';

const all: Found = { orders: 3, missing: [], strangers: [] };
const totals = {
  orders: { confirmed: 3 },
  sagas: {},
  pieces: { onHand: 90, reserved: 0, sold: 10 },
  money: { charged: 123_456, refunded: 0, confirmed: 123_456 },
};
const events = {
  ...{ told: 4, waiting: 0, counted: 3, unheard: 0, mails: 3, unwritten: 0 },
  ...{ emitted: 9, delivered: 9, effects: 9 },
};
const books: DemoAccount['books'] = [
  { side: 'monolith', account: { violations: [], totals, events } },
  { side: 'extracted', account: { violations: [], totals, events } },
];
const good: DemoAccount = {
  seconds: 61,
  sent: 3,
  outcomes: { placed: 3, out_of_stock: 0, unfinished: 0 },
  twice: 0,
  reads: 12,
  errors: {},
  found: [
    { module: 'orders', side: 'monolith', found: all },
    { module: 'inventory', side: 'monolith', found: all },
    { module: 'inventory', side: 'extracted', found: all },
    { module: 'payments', side: 'monolith', found: all },
  ],
  verified: [{ module: 'inventory', rows: 1_234, differences: 0 }],
  books,
  pauseMs: 143,
  latency: { p50: 12, p95: 20, p99: 30, max: 40.4 },
};
const but = (change: Partial<DemoAccount>): DemoAccount => ({ ...good, ...change });
const found = (change: Partial<Found>): Partial<DemoAccount> => ({
  found: [...good.found, { module: 'orders', side: 'extracted', found: { ...all, ...change } }],
});

describe('the account of a demo', () => {
  it('finds no fault where there is none', () => {
    expect(faultsOf(good)).toEqual([]);
    expect(accountText(good)).toContain('Nothing was lost, doubled or refused');
  });

  it.each<[what: string, change: Partial<DemoAccount>, fault: RegExp]>([
    ['an order that is missing on one side', found({ orders: 2, missing: ['x'] }), /^1 orders lost: x$/],
    ['an order that nobody was promised', found({ strangers: ['y'] }), /^1 orders doubled$/],
    ['a key that made two orders', { twice: 1 }, /^1 orders doubled$/],
    ['an order that was refused', { outcomes: { placed: 2, out_of_stock: 1 } }, /^1 orders refused$/],
    ['an order that failed', { outcomes: { placed: 2, internal: 1 } }, /^1 orders refused$/],
    ['an order that had no end', { outcomes: { placed: 2, unfinished: 1 } }, /^1 orders refused$/],
    ['an error that a repetition set right', { errors: { 'order: unavailable': 1 } }, /^1 errors seen/],
    ['a row that differs', { verified: [{ module: 'm', rows: 5, differences: 2 }] }, /^2 rows differ/],
    ['a module that nobody compared', { verified: [] }, /^no module was verified$/],
    ['a demo without orders', { sent: 0 }, /^no order was sent$/],
    [
      'an event that was delivered without its effect',
      {
        books: [{ side: 'monolith', account: { violations: [], totals, events: { ...events, effects: 8 } } }],
      },
      /^by the books of monolith, 9 deliveries are called for, 9 were made, and 8 have had their effect$/,
    ],
    [
      'books that do not add up, on either side',
      {
        books: [
          books[0]!,
          {
            side: 'extracted',
            account: {
              totals,
              events,
              violations: [{ rule: 'sold', subject: 'A1', detail: '1 instead of 2' }],
            },
          },
        ],
      },
      /^the books of extracted do not add up: A1: 1 instead of 2$/,
    ],
  ])('finds %s', (_what, change, fault) => {
    const account = but(change);
    const faults = faultsOf(account);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
    expect(accountText(account)).toContain(`NOT AS PROMISED\n- ${faults[0] ?? ''}`);
  });

  it('counts an order once, on however many sides it is missing or too many', () => {
    const twice = but({
      found: [
        { module: 'orders', side: 'monolith', found: { orders: 1, missing: ['a', 'b'], strangers: ['s'] } },
        { module: 'payments', side: 'monolith', found: { orders: 2, missing: ['b'], strangers: ['s'] } },
      ],
    });
    expect(lostIn(twice)).toEqual(['a', 'b']);
    expect(doubledIn(twice)).toBe(1);
  });

  it('does not take an order that waits for its payment for refused', () => {
    expect(refusedIn(but({ outcomes: { placed: 2, pending_payment: 1 } }))).toBe(0);
  });

  it('shows what was found where, and a dash where a module has never been', () => {
    const text = accountText(good);
    expect(text).toMatch(
      /found +monolith +extracted\n +orders +3 +–\n +their stock +3 +3\n +their payments +3 +–/,
    );
    expect(text).toMatch(/longest write pause +143 ms {2}between two placed orders in a row/);
    expect(text).toMatch(/money conserved +yes {2}extracted: £1,234\.56 charged/);
    expect(text).toContain('1 min 1 s');
  });

  it('shows broken books as such', () => {
    const violations = [{ rule: 'charged_once' as const, subject: 'order 1', detail: '2 instead of 1' }];
    const text = accountText(but({ books: [{ side: 'monolith', account: { totals, events, violations } }] }));
    expect(text).toMatch(/stock conserved +yes/);
    expect(text).toMatch(/money conserved +NO \(1\)/);
  });
});
