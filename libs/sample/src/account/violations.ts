import type { Books, LedgerEntry, OrderEntry, StockEntry } from './books.js';

/** Something in the books that does not add up. */
export interface Violation {
  rule:
    'stock' | 'sold' | 'reserved' | 'total' | 'money' | 'charged_once' | 'open_order' | 'open_saga' | 'told';
  /** The SKU, the order or the saga. */
  subject: string;
  detail: string;
}

export interface Expectations {
  /** What came in of each SKU: opening stock and restocks. Without it, what inventory itself says. */
  received?: ReadonlyMap<string, number>;
}

/** Everything that does not add up; nothing, when no order is lost, doubled or stuck. Pure. */
export function violationsOf(books: Books, { received }: Expectations = {}): Violation[] {
  const ledger = new Map(books.ledger.map((entry) => [entry.orderId, entry]));
  const orders = new Map(books.orders.map((order) => [order.id, order]));
  const strangers = books.ledger.filter(({ orderId }) => !orders.has(orderId));
  return [
    ...stockViolations(books),
    ...(received ? receivedViolations(books.stock, received) : []),
    ...books.orders.flatMap((order) => orderViolations(order, ledger.get(order.id))),
    // Money for an order that is not there: taken and given back, or it is a loss.
    ...strangers.flatMap((entry) => differs('money', `order ${entry.orderId} (unknown)`, netOf(entry), 0)),
    ...sagaViolations(books),
    ...toldViolations(books),
  ];
}

/** Compares what inventory says with what the orders say, for every SKU that either of them knows. */
function stockViolations({ stock, ordered }: Books): Violation[] {
  const bySku = new Map(stock.map((entry) => [entry.sku, entry]));
  const skus = new Set([...bySku.keys(), ...ordered.map(({ sku }) => sku)]);
  const promised = sums(ordered.filter(({ status }) => status === 'pending_payment'));
  const confirmed = sums(ordered.filter(({ status }) => status === 'confirmed'));
  return [...skus].flatMap((sku) => {
    const { onHand, reserved, sold, received, held, committed } = bySku.get(sku) ?? noStock;
    return [
      ...differs(
        'stock',
        `${sku}: on hand, reserved and sold, against received`,
        onHand + reserved + sold,
        received,
      ),
      ...differs('reserved', `${sku}: against its reservations`, reserved, held),
      ...differs(
        'reserved',
        `${sku}: against orders that wait for payment`,
        reserved,
        promised.get(sku) ?? 0,
      ),
      ...differs('sold', `${sku}: against its reservations`, sold, committed),
      ...differs('sold', `${sku}: against confirmed orders`, sold, confirmed.get(sku) ?? 0),
    ];
  });
}

const noStock: Omit<StockEntry, 'sku'> = {
  onHand: 0,
  reserved: 0,
  sold: 0,
  received: 0,
  held: 0,
  committed: 0,
};

function receivedViolations(
  stock: readonly StockEntry[],
  received: ReadonlyMap<string, number>,
): Violation[] {
  const books = new Map(stock.map((entry) => [entry.sku, entry.received]));
  const skus = new Set([...books.keys(), ...received.keys()]);
  return [...skus].flatMap((sku) =>
    differs('stock', `${sku}: received, against what came in`, books.get(sku) ?? 0, received.get(sku) ?? 0),
  );
}

function orderViolations(order: OrderEntry, entry: LedgerEntry | undefined): Violation[] {
  const { status, total, lines } = order;
  const subject = `order ${order.id} (${status})`;
  const confirmed = status === 'confirmed';
  const open: Violation[] =
    status === 'pending' ? [{ rule: 'open_order', subject, detail: 'is neither placed nor refused' }] : [];
  return [
    ...differs('total', subject, total, lines),
    ...differs('money', subject, netOf(entry), confirmed ? total : 0),
    ...(confirmed ? differs('charged_once', subject, entry?.charges ?? 0, 1) : []),
    ...open,
  ];
}

const sagaViolations = ({ sagas }: Books): Violation[] =>
  sagas
    .filter(({ status }) => ['running', 'waiting', 'compensating'].includes(status))
    .map(({ process, status, count }) => ({
      rule: 'open_saga',
      subject: process,
      detail: `${count} still ${status}`,
    }));

/** Each fact is told once; and no event waits for a person. */
const toldViolations = ({ told, waiting }: Books): Violation[] => [
  ...told.map(({ type, subject, told: times }): Violation => ({
    rule: 'told',
    subject: `${type} of ${subject}`,
    detail: `told ${times} times`,
  })),
  ...Object.entries(waiting).flatMap(([module, { failed }]) =>
    differs('told', `${module}: events that have failed`, failed, 0),
  ),
];

const netOf = (entry: LedgerEntry | undefined): number => (entry ? entry.charged - entry.refunded : 0);

function differs(rule: Violation['rule'], subject: string, found: number, expected: number): Violation[] {
  if (found === expected) return [];
  return [{ rule, subject, detail: `${found} instead of ${expected}` }];
}

function sums(entries: Books['ordered']): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { sku, quantity } of entries) totals.set(sku, (totals.get(sku) ?? 0) + quantity);
  return totals;
}
