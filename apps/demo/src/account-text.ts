import {
  differencesIn,
  doubledIn,
  eventFaults,
  faultsOf,
  lostIn,
  refusedIn,
  type DemoAccount,
  type SideName,
} from './account.js';
import { witnesses, type Witness } from './found.js';
import { duration } from './live-text.js';
import { milliseconds } from './stretch-text.js';

const names: Record<Witness, string> = {
  orders: 'orders',
  inventory: 'their stock',
  payments: 'their payments',
};

/** The final account, for people. */
export function accountText(account: DemoAccount): string {
  const { seconds, sent, outcomes, reads, errors, verified, pauseMs, latency } = account;
  const checked = verified.map(({ module, rows }) => `${module}: ${number(rows)} rows`).join(', ');
  return [
    `The account, after ${duration(seconds)}`,
    '',
    line('orders sent', number(sent), `and ${number(reads)} reads`),
    line('placed', number(outcomes.placed ?? 0)),
    line('refused', number(refusedIn(account)), listed(outcomes, ['placed'])),
    line('errors', number(sum(errors)), listed(errors) || 'no 5xx, no answer missing, no read that failed'),
    '',
    line('found', 'monolith', 'extracted'.padStart(width)),
    ...witnesses.map((module) =>
      line(names[module], on(account, module, 'monolith'), on(account, module, 'extracted').padStart(width)),
    ),
    '',
    line('lost', number(lostIn(account).length)),
    line('doubled', number(doubledIn(account))),
    line('rows that differ', number(differencesIn(account)), checked),
    ...account.books.flatMap(booksText),
    '',
    line('longest write pause', milliseconds(pauseMs), 'between two placed orders in a row'),
    line(
      'slowest order',
      milliseconds(latency.max),
      `p50 ${milliseconds(latency.p50)}, p99 ${milliseconds(latency.p99)}`,
    ),
    '',
    verdict(faultsOf(account)),
    '',
  ].join('\n');
}

/** What it comes to. */
const verdict = (faults: readonly string[]): string =>
  faults.length === 0
    ? 'Nothing was lost, doubled or refused; both sides hold the same.'
    : ['NOT AS PROMISED', ...faults.map((fault) => `- ${fault}`)].join('\n');

const width = 12;

const number = (figure: number): string => figure.toLocaleString('en-GB');

const line = (name: string, figure: string, more = ''): string =>
  `  ${name.padEnd(22)}${figure.padStart(width)}  ${more}`.trimEnd();

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

const listed = (counts: Readonly<Record<string, number>>, but: readonly string[] = []): string =>
  Object.entries(counts)
    .filter(([name, count]) => count > 0 && !but.includes(name))
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${number(count)}`)
    .join(', ');

/** Orders that a module knows on a side; a dash where it has never been. */
function on({ found }: DemoAccount, module: Witness, side: SideName): string {
  const entry = found.find((one) => one.module === module && one.side === side);
  return entry ? number(entry.found.orders) : '–';
}

function booksText({
  side,
  account: { violations, totals, events },
}: DemoAccount['books'][number]): string[] {
  const { pieces, money } = totals;
  const broken = (rules: readonly string[]) => violations.filter(({ rule }) => rules.includes(rule)).length;
  const yes = (count: number) => (count === 0 ? 'yes' : `NO (${count})`);
  return [
    line(
      'stock conserved',
      yes(broken(['stock', 'sold', 'reserved'])),
      `${side}: ${number(pieces.onHand)} on hand, ${number(pieces.reserved)} reserved, ${number(pieces.sold)} sold`,
    ),
    line(
      'money conserved',
      yes(broken(['money', 'charged_once', 'total'])),
      `${side}: ${pounds(money.charged)} charged, ${pounds(money.refunded)} refunded, ${pounds(money.confirmed)} in orders`,
    ),
    line(
      'events, each once',
      yes(broken(['told']) + eventFaults(events).length),
      `${side}: ${number(events.emitted)} deliveries called for, ${number(events.delivered)} made, ${number(events.effects)} effects; ${number(events.counted)} orders counted, ${number(events.mails)} mails`,
    ),
  ];
}

const pounds = (pence: number): string =>
  `£${(pence / 100).toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
