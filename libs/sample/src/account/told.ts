/** Modules whose events are held against their rows. */
type Told = 'inventory' | 'payments' | 'orders';

/** A fact and its event that do not agree. */
export interface ToldEntry {
  type: string;
  /** The order, or the order and its SKU. */
  subject: string;
  /** How often it was told; it should be once where it is a fact, and never where it is none. */
  told: number;
}

/** How far the events of a module are. */
export interface Delivery {
  told: number;
  /** Deliveries that are still to come, one a subscriber and key; and those that have failed for good. */
  waiting: number;
  failed: number;
}

/** What each module's own rows say has happened, as `type`, `subject` and `at`; and how an event of it names that subject. */
const facts: Readonly<Record<Told, { rows: string; subject: string }>> = {
  inventory: {
    rows: `select 'inventory.reserved' as type, order_id || ' ' || sku as subject, created_at as at
      from inventory.reservation where quantity > 0`,
    subject: `data->>'orderId' || ' ' || (data->>'sku')`,
  },
  payments: {
    rows: `select type, order_id::text as subject, created_at as at from payments.payment,
        unnest(array['payments.charged', 'payments.refunded']) type
      where amount is not null and (type = 'payments.charged' or status = 'refunded')`,
    subject: `data->>'orderId'`,
  },
  orders: {
    rows: `select type, id::text as subject, created_at as at from orders.orders,
        unnest(array['orders.placed', 'orders.confirmed', 'orders.cancelled']) type
      where case type when 'orders.placed' then status <> 'pending'
        when 'orders.confirmed' then payment_id is not null else status = 'cancelled' end`,
    subject: `data->>'orderId'`,
  },
};

/** Facts that were not told once, and events that are no fact. What was there before the first event may have been told by nobody. */
export function toldSql(module: Told): string {
  const { rows, subject } = facts[module];
  return `with fact as materialized (${rows}), told as materialized (
      select type, ${subject} as subject, count(*)::int as told from ${module}.event
      where type <> 'inventory.lowStock' group by 1, 2)
    select type, subject, coalesce(told, 0) as told from fact full join told using (type, subject)
    where told > 1 or fact.at is null or (told is null and fact.at > (select min(at) from ${module}.event))`;
}

/** What came of the events of orders: see {@link heardSql}. */
export interface Heard {
  counted: number;
  unheard: number;
}

/**
 * What came of the events of orders, whose subscriber is not idempotent: it adds and takes away. An event that was heard twice, or not, shows in the
 * sums of its customer.
 */
export const heardSql = `
  with told as (
    select routing_key as user_id, sum(case type when 'orders.placed' then 1 when 'orders.cancelled' then -1 else 0 end) as orders,
      sum((data->'total'->>'amount')::bigint * case type when 'orders.placed' then 1 when 'orders.cancelled' then -1 else 0 end) as spent
    from orders.event group by 1),
  heard as (select user_id::text, sum(orders) as orders, sum(spent) as spent from orders.customer_sales group by 1)
  select coalesce(sum(heard.orders), 0)::int as counted,
    count(*) filter (where (told.orders, told.spent) is distinct from (heard.orders, heard.spent))::int as unheard
  from told full join heard using (user_id)`;

/** A mail about an order. */
export interface MailEntry {
  about: string;
  kind: string;
}

/** The mails that orders have called for by what they have told, and those that were written. */
export const mailsCalledForSql = `
  select data->>'orderId' as about, replace(type, 'orders.', 'order-') as kind from orders.event
  where type in ('orders.confirmed', 'orders.cancelled') and data->>'customerEmail' <> ''`;
export const mailsWrittenSql = `select about::text, kind from notifications.mail where kind like 'order-%'`;

/** @see Delivery */
export const deliverySql = (module: Told): string =>
  `select (select count(*) from ${module}.event)::int as told,
     count(*) filter (where seq < head and failed_at is null)::int as waiting,
     count(*) filter (where failed_at is not null)::int as failed
   from ${module}.event_cursor`;
