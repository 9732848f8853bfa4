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

/** @see Delivery */
export const deliverySql = (module: Told): string =>
  `select (select count(*) from ${module}.event)::int as told,
     count(*) filter (where seq < head and failed_at is null)::int as waiting,
     count(*) filter (where failed_at is not null)::int as failed
   from ${module}.event_cursor`;
