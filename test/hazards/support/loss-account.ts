import { accountOf } from '#sample';
import { until } from '../../support/until.js';
import type { Event, History } from './history.js';
import type { Load } from './load.js';
import type { ShopThatLoses } from './shop-that-loses.js';
import { writesOfNoOwner } from './side-evidence.js';

/** What customers were told, held against what is there. */
export interface LossAccount {
  /** Orders and registrations that were answered: all, and those that both sides had. */
  acknowledged: number;
  byBoth: number;
  inPlace: number;
  /** Of those that both sides had. */
  missing: string[];
  /** Of those that were answered by one side alone. */
  missingAlone: number;
  refused: number;
  unknown: number;
  /** The longest that one request was held, in ms. */
  heldMs: number;
  /** Answers by their status. */
  statuses: Record<string, number>;
  /** What contradicts the promise. */
  problems: string[];
}

/** What was read in the last moment before a loss may have been a write that nobody was answered yet, in ms. */
const unansweredMs = 1_000;

/** A read of the last moment before files were lost, by `performance.now()`: what it was told of may be lost, too. */
export function isReadBefore(lostAt: number, { start }: History, { register, ended }: Event): boolean {
  const before = lostAt - start - ended;
  return register !== undefined && 'read' in register.step && before >= 0 && before <= unansweredMs;
}

/**
 * Waits until the books are quiet, and makes the account. `lostAt`: when files were lost, by `performance.now()`. `isTold`: of which
 * answers somebody says that they may be lost; what they have said counts for nothing.
 */
export async function accountFor(
  shop: Pick<ShopThatLoses, 'owner' | 'urlOf' | 'received' | 'setup' | 'isAlone' | 'writes' | 'faults'>,
  load: Load,
  lostAt: number,
  isTold: (event: Event) => boolean = () => false,
): Promise<LossAccount> {
  const { history } = load;
  const urls = {
    users: shop.urlOf(await shop.owner('users'), 'users'),
    inventory: shop.urlOf(await shop.owner('inventory'), 'inventory'),
    payments: shop.urlOf(await shop.owner('payments'), 'payments'),
    orders: shop.urlOf(await shop.owner('orders'), 'orders'),
  };
  const account = await until('the books are quiet', async () => {
    const now = await accountOf(urls, { received: new Map(shop.received) });
    return now.violations.some(({ rule }) => rule === 'open_saga' || rule === 'open_order') ? undefined : now;
  });
  const ids = await Promise.all([
    shop.setup.on<{ id: string }>(urls.orders, 'select id from orders.orders'),
    shop.setup.on<{ id: string }>(urls.users, 'select id from users.account'),
  ]);
  const there = new Set(ids.flat().map(({ id }) => id));
  const all = new Set([...load.orders.keys(), ...load.registered.values()]);
  const heldMs = longestHeld(history.events);
  const statuses = tally(history.events.map(({ status }) => String(status)));
  const outcomes = tally(history.events.map(({ outcome }) => outcome));

  load.doubt(
    (event) => isTold(event) || shop.isAlone(history, event) || isReadBefore(lostAt, history, event),
  );
  const told = new Set(
    history.events.filter(isTold).map(({ register, subject }) => register?.key ?? subject),
  );
  const both = [...load.orders.keys(), ...load.registered.values()];
  const missing = both.filter((id) => !there.has(id));
  return {
    acknowledged: all.size,
    byBoth: both.length,
    inPlace: [...all].filter((id) => there.has(id)).length,
    missing,
    missingAlone: [...all].filter((id) => !there.has(id)).length - missing.length,
    refused: outcomes['refused'] ?? 0,
    unknown: outcomes['unknown'] ?? 0,
    heldMs,
    statuses,
    problems: [
      ...account.violations.map(({ rule, subject, detail }) => `${rule}: ${subject}: ${detail}`),
      ...load.contradictions.filter((problem) => !told.has(problem.split(':')[0]!)),
      ...history.violations(),
      ...writesOfNoOwner(await shop.writes()),
      ...(statuses['500'] ? [`${statuses['500']} answers were 500`, ...shop.faults()] : []),
    ],
  };
}

/** From the first try of a request to the answer that told its outcome. */
function longestHeld(events: readonly Event[]): number {
  const since = new Map<string, number>();
  let longest = 0;
  for (const { client, operation, subject, began, ended, status } of events) {
    const id = `${client} ${operation} ${subject}`;
    const begun = Math.min(since.get(id) ?? began, began);
    longest = Math.max(longest, ended - begun);
    if (status === 0 || status >= 500) since.set(id, begun);
    else since.delete(id);
  }
  return Math.round(longest);
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
