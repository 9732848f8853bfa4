import { accountFor, exitCodeFor } from './account.js';
import { accountText } from './account-text.js';
import { type Outcome, Tally } from '#sample';

const report = { invoices: { for_sale: 10, nothing_to_sell: 3, cancellation: 2 } };
const facts = { run: 'r', url: 'http://localhost:3000', interrupted: false, seconds: 2 };

const tallyOf = (...outcomes: Outcome[]): Tally => {
  const tally = new Tally();
  outcomes.forEach((outcome, i) => {
    tally.firstSent(String(i), 0);
    tally.ended(String(i), outcome, i + 1);
  });
  return tally;
};

describe('the account of a replay', () => {
  it('adds up to all invoices of the file, whatever became of them', () => {
    const tally = tallyOf(
      'placed',
      'placed',
      'pending_payment',
      'out_of_stock',
      { failed: 'internal' },
      'unfinished',
    );
    const { outcomes, invoices, failures } = accountFor(tally, report, facts);
    expect(outcomes).toEqual({
      placed: 2,
      pending_payment: 1,
      out_of_stock: 1,
      payment_declined: 0,
      failed: 1,
      unfinished: 1,
      not_sent: 4,
      nothing_to_sell: 3,
      cancellation: 2,
    });
    expect(Object.values(outcomes).reduce((a, b) => a + b)).toBe(invoices);
    expect(failures).toEqual({ internal: 1 });
  });

  it('counts an order from its first request, and no order that is not at its end', () => {
    const tally = new Tally();
    tally.firstSent('1', 100);
    tally.firstSent('1', 5_000);
    tally.ended('1', 'placed', 5_100);
    tally.firstSent('2', 100);
    tally.ended('2', 'unfinished', 900);
    tally.ended('3', { failed: 'unauthenticated' }, 900);
    expect(accountFor(tally, report, facts).latencyMs.order).toMatchObject({ p50: 5_000, max: 5_000 });
  });

  it('shows answers of 500 and more that a repetition has set right', () => {
    const tally = tallyOf('placed');
    for (const status of [503, 201, 401, 0]) {
      tally.answered({ status, code: undefined, body: {}, retryAfterMs: undefined });
    }
    tally.retried('unavailable');
    const account = accountFor(tally, report, facts);
    expect(account).toMatchObject({ serverErrors: { '503': 1 }, retries: { unavailable: 1 } });
    expect(accountText(account)).toMatch(/5xx answers {2}503 1\nretries {6}unavailable 1\n/);
  });

  it.each<[number, Outcome[], boolean]>([
    [0, ['placed', 'pending_payment', 'out_of_stock', 'payment_declined'], false],
    [1, ['placed', { failed: 'internal' }], false],
    [1, ['placed', 'unfinished'], false],
    [130, ['placed'], true],
  ])('ends with exit code %d after %j (interrupted: %s)', (code, outcomes, interrupted) => {
    expect(exitCodeFor(accountFor(tallyOf(...outcomes), report, { ...facts, interrupted }))).toBe(code);
  });

  it('is told also when nothing was sent', () => {
    const text = accountText(accountFor(new Tally(), report, { ...facts, seconds: 0, interrupted: true }));
    expect(text).toContain('0 orders in 0.0 s, 0.0 a second (interrupted)');
    expect(text).toContain('p50 –');
    expect(text).toMatch(/invoices of the file +15\n/);
  });
});
