import type { Account, Latencies } from '#sample';
import type { Found, Witness } from './found.js';

export type SideName = 'monolith' | 'extracted';

/** What `verify` said of a module at the end. */
export interface Verified {
  module: string;
  rows: number;
  differences: number;
}

/** All that is known when the shop is quiet again. */
export interface DemoAccount {
  seconds: number;
  /** Orders that were sent; a repetition is no other order. */
  sent: number;
  /** Orders by how they ended; codes of the shop. */
  outcomes: Readonly<Record<string, number>>;
  /** Keys that were answered with two orders. */
  twice: number;
  reads: number;
  /** What callers had to see, by code; repetitions may have set it right. */
  errors: Readonly<Record<string, number>>;
  found: readonly { module: Witness; side: SideName; found: Found }[];
  verified: readonly Verified[];
  /** Stock and money, by the books of either side; one when all is on the monolith. */
  books: readonly { side: SideName; account: Account }[];
  pauseMs: number | null;
  latency: Latencies;
}

/** How an order may end without being refused. */
const accepted = ['placed', 'pending_payment'];

/** Orders that were promised and are missing somewhere. */
export const lostIn = ({ found }: DemoAccount): string[] => [
  ...new Set(found.flatMap(({ found: { missing } }) => missing)),
];

/** Orders that nobody was promised, and keys that made two. */
export const doubledIn = ({ found, twice }: DemoAccount): number =>
  new Set(found.flatMap(({ found: { strangers } }) => strangers)).size + twice;

/** Orders that were not taken, whatever the reason. */
export const refusedIn = ({ outcomes }: DemoAccount): number =>
  total(Object.fromEntries(Object.entries(outcomes).filter(([name]) => !accepted.includes(name))));

/** Rows that differ between the sides. */
export const differencesIn = ({ verified }: DemoAccount): number =>
  verified.reduce((sum, { differences }) => sum + differences, 0);

/** Everything that must not be, in sentences; nothing after a good demo. */
export function faultsOf(account: DemoAccount): string[] {
  const { sent, verified, books, errors } = account;
  const checks: [wrong: boolean, sentence: string][] = [
    [sent === 0, 'no order was sent'],
    [lostIn(account).length > 0, `${lostIn(account).length} orders lost: ${some(lostIn(account))}`],
    [doubledIn(account) > 0, `${doubledIn(account)} orders doubled`],
    [refusedIn(account) > 0, `${refusedIn(account)} orders refused`],
    [total(errors) > 0, `${total(errors)} errors seen by callers`],
    [verified.length === 0, 'no module was verified'],
    [differencesIn(account) > 0, `${differencesIn(account)} rows differ between the sides`],
    ...books.map(({ side, account: { violations } }): [boolean, string] => [
      violations.length > 0,
      `the books of ${side} do not add up: ${some(violations.map(({ subject, detail }) => `${subject}: ${detail}`))}`,
    ]),
    ...books.flatMap(({ side, account: { events } }) =>
      eventFaults(events).map((fault): [boolean, string] => [true, `by the books of ${side}, ${fault}`]),
    ),
  ];
  return checks.flatMap(([wrong, sentence]) => (wrong ? [sentence] : []));
}

/** What is wrong with what came of the events, in sentences. */
export function eventFaults(events: Account['events']): string[] {
  const { waiting, unheard, unwritten, emitted, delivered, effects } = events;
  const checks: [wrong: boolean, sentence: string][] = [
    [waiting > 0, `${waiting} events are not delivered`],
    [unheard > 0, `${unheard} customers are counted otherwise than they ordered`],
    [unwritten > 0, `${unwritten} orders have no mail, or two`],
    [
      emitted !== delivered || emitted !== effects,
      `${emitted} deliveries are called for, ${delivered} were made, and ${effects} have had their effect`,
    ],
  ];
  return checks.flatMap(([wrong, sentence]) => (wrong ? [sentence] : []));
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const some = (items: readonly string[]): string =>
  items.slice(0, 5).join(', ') + (items.length > 5 ? `, and ${items.length - 5} more` : '');
