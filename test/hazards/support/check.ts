import { accountOf, type Account } from '#sample';
import type { ModuleName, ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';
import type { Load } from './load.js';

export interface CheckOptions {
  /** Answers of 500 and more that clients may have seen: some, when the test kills what answers them. */
  errors?: 'none' | 'some';
  /** What came in, by SKU. */
  received: ReadonlyMap<string, number>;
  /** Of these a report says that a side had not sent what it wrote of them: stock does not add up there. */
  reported?: ReadonlySet<string>;
  /** In whose database each module's rows count; by default the owner's. */
  databaseOf?: (module: ModuleName) => string;
}

interface StoredOrder {
  id: string;
  status: string;
}

/**
 * Holds the history against the books, once all is quiet: what was acknowledged is there, once, as it was told; stock and
 * money add up; no client saw what contradicts what it knew. @throws with the seed and the history of what is wrong.
 */
export async function check(setup: ShopSetup, load: Load, options: CheckOptions): Promise<void> {
  const { errors = 'none', received, reported, databaseOf = setup.databaseOf } = options;
  const urls = {
    inventory: databaseOf('inventory'),
    payments: databaseOf('payments'),
    orders: databaseOf('orders'),
    notifications: databaseOf('notifications'),
    users: databaseOf('users'),
  };
  const account = await until('the books are quiet', async () => {
    const now = await accountOf(urls, { received: new Map(received) });
    const open = now.violations.some(({ rule }) => rule === 'open_saga' || rule === 'open_order');
    return open || now.events.waiting > 0 ? undefined : now;
  });
  const stored = await setup.on<StoredOrder>(urls.orders, 'select id, status from orders.orders');
  const customers = await setup.on<{ id: string }>(databaseOf('users'), 'select id from users.account');
  const problems = [
    ...account.violations
      .filter(({ subject }) => !reported?.has(subject.split(':')[0]!))
      .map(({ rule, subject, detail }) => `${rule}: ${subject}: ${detail}`),
    ...(account.events.unheard > 0
      ? [`${account.events.unheard} customers are counted otherwise than was told of them`]
      : []),
    ...(account.events.unwritten > 0 ? [`${account.events.unwritten} orders have no mail, or two`] : []),
    ...undelivered(account.events),
    ...load.contradictions,
    ...load.history.violations(),
    ...lostOrChanged(load, stored),
    ...lostCustomers(load, customers),
    ...doubled(load, stored),
    ...(errors === 'none' ? serverErrors(load) : []),
  ];
  if (problems.length > 0) {
    throw new Error(`${problems.slice(0, 20).join('\n')}\n${load.history.text(subjectsIn(problems, load))}`);
  }
}

function undelivered({ emitted, delivered, effects }: Account['events']): string[] {
  return emitted === delivered && emitted === effects
    ? []
    : [
        `${emitted} deliveries of events are called for, ${delivered} were made, ${effects} have had their effect`,
      ];
}

function lostOrChanged(load: Load, stored: readonly StoredOrder[]): string[] {
  const status = new Map(stored.map((order) => [order.id, order.status]));
  return [...load.orders].flatMap(([id, known]) => {
    const now = status.get(id);
    if (now === undefined)
      return [`order ${id} (${known.key}) was acknowledged as ${known.status} and is lost`];
    return known.status === 'cancelled' && now !== 'cancelled'
      ? [`order ${id} was cancelled and is ${now}`]
      : [];
  });
}

function lostCustomers({ registered }: Load, stored: readonly { id: string }[]): string[] {
  const there = new Set(stored.map(({ id }) => id));
  return [...registered].flatMap(([email, id]) =>
    there.has(id) ? [] : [`customer ${id} (${email}) was registered and is lost`],
  );
}

/** Orders that nobody was told of must belong to requests whose outcome is unknown. */
function doubled({ history, orders }: Load, stored: readonly StoredOrder[]): string[] {
  const surplus = stored.filter(({ id, status }) => !orders.has(id) && status === 'confirmed').length;
  const settled = new Set(history.of('order', 'ok').map((event) => event.subject));
  const unknown = new Set(
    history.of('order', 'unknown').flatMap(({ subject }) => (settled.has(subject) ? [] : [subject])),
  ).size;
  return surplus > unknown
    ? [`${surplus} orders are there that nobody was told of; ${unknown} are unknown`]
    : [];
}

function serverErrors({ history }: Load): string[] {
  const failed = history.events.filter(({ status }) => status === 0 || status >= 500);
  return failed.map((e) => `${e.operation} ${e.subject} was answered with ${e.status} ${e.detail}`);
}

const subjectsIn = (problems: readonly string[], load: Load): string[] =>
  [...new Set(load.history.events.map((e) => e.subject))].filter((subject) =>
    problems.some((problem) => problem.includes(subject)),
  );
