import pg from 'pg';
import {
  claimsSql,
  deliveriesOf,
  deliveriesSql,
  publishers,
  type Deliveries,
  type DeliveryEntry,
} from './deliveries.js';
import {
  deliverySql,
  heardSql,
  mailsCalledForSql,
  mailsWrittenSql,
  toldSql,
  type Delivery,
  type Heard,
  type MailEntry,
  type ToldEntry,
} from './told.js';

/** Where each module's schema lives; they may share a database. */
export interface BookUrls {
  inventory: string;
  payments: string;
  orders: string;
  /** Left out: mails are not looked at. */
  notifications?: string;
  /** Left out: events of users are not looked at. */
  users?: string;
}

/** Modules that tell events which the account looks at. */
export type Telling = 'inventory' | 'payments' | 'orders';

export interface StockEntry {
  sku: string;
  onHand: number;
  reserved: number;
  sold: number;
  /** All that ever came in: opening stock, restocks and corrections. */
  received: number;
  /** What reservations hold, by their own rows. */
  held: number;
  committed: number;
}

export interface OrderEntry {
  id: string;
  status: string;
  total: number;
  /** What its lines come to. */
  lines: number;
}

/** Pieces of one SKU in all orders of one status. */
export interface OrderedEntry {
  sku: string;
  status: string;
  quantity: number;
}

/** What the provider's ledger has for one order. */
export interface LedgerEntry {
  orderId: string;
  charges: number;
  charged: number;
  refunds: number;
  refunded: number;
}

export interface SagaEntry {
  process: string;
  status: string;
  count: number;
}

/** What the modules have written down, read from each one's own tables. */
export interface Books {
  stock: StockEntry[];
  orders: OrderEntry[];
  ordered: OrderedEntry[];
  ledger: LedgerEntry[];
  sagas: SagaEntry[];
  told: ToldEntry[];
  heard: Heard;
  waiting: Readonly<Record<Telling, Delivery>>;
  deliveries: Deliveries;
  /** Mails of orders: those that were called for, and those that were written. */
  mails: Readonly<Record<'calledFor' | 'written', readonly MailEntry[]>>;
}

// Sums are bigint or numeric, which pg gives as text: float8 holds every whole number below 2^53 exactly.
const stockSql = `
  with held as (
    select sku,
           sum(quantity) filter (where status = 'reserved') as reserved,
           sum(quantity) filter (where status = 'sold') as sold
    from inventory.reservation
    group by sku
  )
  select sku,
         coalesce(on_hand, 0)::float8 as "onHand",
         coalesce(item.reserved, 0)::float8 as reserved,
         coalesce(item.sold, 0)::float8 as sold,
         coalesce(received, 0)::float8 as received,
         coalesce(held.reserved, 0)::float8 as held,
         coalesce(held.sold, 0)::float8 as committed
  from inventory.stock_item item full join held using (sku)
  order by sku`;

const ordersSql = `
  select id, status, total::float8 as total,
         (select coalesce(sum((line->>'quantity')::bigint * (line->'unitPrice'->>'amount')::bigint), 0)
          from jsonb_array_elements(items) line)::float8 as lines
  from orders.orders
  order by id`;

const orderedSql = `
  select line->>'sku' as sku, status, sum((line->>'quantity')::bigint)::float8 as quantity
  from orders.orders, jsonb_array_elements(items) line
  group by 1, 2`;

const ledgerSql = `
  select order_id as "orderId",
         count(*) filter (where kind = 'charge')::int as charges,
         coalesce(sum(amount) filter (where kind = 'charge'), 0)::float8 as charged,
         count(*) filter (where kind = 'refund')::int as refunds,
         coalesce(sum(amount) filter (where kind = 'refund'), 0)::float8 as refunded
  from payments.provider_ledger
  where currency <> 'XXX' -- a refund before its charge: no money
  group by order_id
  order by order_id`;

const sagasSql = `
  select process, status, count(*)::int as count from orders.saga group by process, status order by process, status`;

/** Reads the books. They agree with one another only while no order is on its way. */
export async function readBooks(urls: BookUrls): Promise<Books> {
  const events = (module: Telling) => [toldSql(module), deliverySql(module)];
  const [
    [stock, ...ofStock],
    [ledger, ...ofMoney],
    [orders, ordered, sagas, ...ofOrders],
    mails,
    deliveries,
  ] = await Promise.all([
    read<[StockEntry, ...EventBooks]>(urls.inventory, [stockSql, ...events('inventory')]),
    read<[LedgerEntry, ...EventBooks]>(urls.payments, [ledgerSql, ...events('payments')]),
    read<[OrderEntry, OrderedEntry, SagaEntry, ...EventBooks, Heard, MailEntry]>(urls.orders, [
      ...[ordersSql, orderedSql, sagasSql],
      ...events('orders'),
      heardSql,
      mailsCalledForSql,
    ]),
    urls.notifications === undefined ? undefined : read<[MailEntry]>(urls.notifications, [mailsWrittenSql]),
    readDeliveries(urls),
  ]);
  const [inventory] = ofStock[1];
  const [payments] = ofMoney[1];
  const [ofOrder] = ofOrders[1];
  return {
    ...{ stock, ledger, orders, ordered, sagas },
    heard: ofOrders[2][0]!,
    mails: mails ? { calledFor: ofOrders[3], written: mails[0] } : { calledFor: [], written: [] },
    told: [...ofStock[0], ...ofMoney[0], ...ofOrders[0]],
    waiting: { inventory: inventory!, payments: payments!, orders: ofOrder! },
    deliveries,
  };
}

async function readDeliveries(urls: BookUrls): Promise<Deliveries> {
  const known = Object.entries<string>({ ...urls });
  const subscribers = known.map(([module]) => module);
  const told = known.flatMap(([module, url]) =>
    publishers.has(module) ? [read<[DeliveryEntry]>(url, [deliveriesSql(module, subscribers)])] : [],
  );
  const entries = (await Promise.all(told)).flatMap(([of]) => of);
  const hearing = known.filter(([module]) => entries.some(({ subscriber }) => subscriber === module));
  const claims = hearing.map(async ([module, url]) => {
    const [claimed] = await read<[{ id: string }]>(url, [claimsSql(module)]);
    return [module, new Set(claimed.map(({ id }) => id))] as const;
  });
  return deliveriesOf(entries, Object.fromEntries(await Promise.all(claims)));
}

type EventBooks = [ToldEntry, Delivery];

/** The answers to some queries, all as of the same moment. */
async function read<T extends object[]>(url: string, queries: string[]): Promise<{ [K in keyof T]: T[K][] }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read, read only');
    const answers: object[][] = [];
    for (const sql of queries) answers.push((await client.query<object>(sql)).rows);
    return answers as { [K in keyof T]: T[K][] };
  } finally {
    await client.end();
  }
}
