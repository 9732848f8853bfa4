import type { Deliveries } from './deliveries.js';
import { readBooks, type Books, type BookUrls } from './books.js';
import { violationsOf, type Expectations, type Violation } from './violations.js';

/** What the books come to. */
export interface AccountTotals {
  /** Orders by status. */
  orders: Record<string, number>;
  /** Sagas by status. */
  sagas: Record<string, number>;
  pieces: { onHand: number; reserved: number; sold: number };
  /** Minor units. */
  money: { charged: number; refunded: number; confirmed: number };
}

/** Events of all modules. */
export interface AccountEvents extends Deliveries {
  told: number;
  /** Deliveries that are still to come. */
  waiting: number;
  /** Orders that subscribers have counted, each event once; and customers of whom they have not counted what was told. */
  counted: number;
  unheard: number;
  /** Mails about orders that were written, and what was told of orders that has not exactly one. */
  mails: number;
  unwritten: number;
}

export interface Account {
  /** Empty when the account is true. */
  violations: Violation[];
  totals: AccountTotals;
  events: AccountEvents;
}

/**
 * Checks, when the shop is quiet, that stock, orders and money add up over all modules, wherever their tables are. It
 * reads every module's own tables on its own connection and shares no code with the modules.
 */
export async function accountOf(urls: BookUrls, expectations: Expectations = {}): Promise<Account> {
  const books = await readBooks(urls);
  const logs = Object.values(books.waiting);
  const events = {
    told: sum(logs.map(({ told }) => told)),
    waiting: sum(logs.map(({ waiting }) => waiting)),
    ...books.deliveries,
    ...books.heard,
    ...mailsOf(books),
  };
  return { violations: violationsOf(books, expectations), totals: totalsOf(books), events };
}

function mailsOf({ mails: { calledFor, written } }: Books): Pick<AccountEvents, 'mails' | 'unwritten'> {
  const named = (mails: typeof written, by: number) =>
    mails.map(({ about, kind }) => [`${kind} ${about}`, by] as const);
  const left = tally([...named(calledFor, 1), ...named(written, -1)]);
  return { mails: written.length, unwritten: Object.values(left).filter((count) => count !== 0).length };
}

function totalsOf({ stock, orders, ledger, sagas }: Books): AccountTotals {
  const confirmed = orders.filter(({ status }) => status === 'confirmed');
  return {
    orders: tally(orders.map(({ status }) => [status, 1])),
    sagas: tally(sagas.map(({ status, count }) => [status, count])),
    pieces: {
      onHand: sum(stock.map((entry) => entry.onHand)),
      reserved: sum(stock.map((entry) => entry.reserved)),
      sold: sum(stock.map((entry) => entry.sold)),
    },
    money: {
      charged: sum(ledger.map((entry) => entry.charged)),
      refunded: sum(ledger.map((entry) => entry.refunded)),
      confirmed: sum(confirmed.map((order) => order.total)),
    },
  };
}

const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);

function tally(entries: readonly (readonly [string, number])[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, count] of entries) counts[name] = (counts[name] ?? 0) + count;
  return counts;
}
