import pg from 'pg';
import type { Movable } from './options.js';

/** Modules that know orders, in the order in which they are told of. */
export const witnesses = ['orders', 'inventory', 'payments'] as const satisfies Movable[];
export type Witness = (typeof witnesses)[number];

/** What a module on one side knows of the orders. */
export interface Found {
  /** Promised orders that are there. */
  orders: number;
  /** Promised orders that are not. */
  missing: string[];
  /** Orders that nobody was promised. */
  strangers: string[];
}

// Each module's own evidence that an order took effect.
const evidenceSql: Record<Witness, string> = {
  orders: `select id from orders.orders where status in ('confirmed', 'pending_payment')`,
  inventory: `select distinct order_id as id from inventory.reservation where status in ('sold', 'reserved')`,
  payments: `select order_id as id from payments.payment where status = 'charged'`,
};

/** Looks for the promised orders in a module's tables. */
export async function lookFor(promised: ReadonlySet<string>, module: Witness, url: string): Promise<Found> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(evidenceSql[module]);
    return compare(promised, new Set(rows.map(({ id }) => id)));
  } finally {
    await client.end();
  }
}

/** What is in one and not in the other. */
export function compare(promised: ReadonlySet<string>, there: ReadonlySet<string>): Found {
  const missing = [...promised].filter((id) => !there.has(id));
  const strangers = [...there].filter((id) => !promised.has(id));
  return { orders: promised.size - missing.length, missing, strangers };
}
