import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { anySku, sale } from './depot.js';

export interface Sold {
  id: string;
  sku: string;
}

export const anySale = (): Sold => ({ id: randomUUID(), sku: anySku() });

/** Sells one thing in a transaction. `before`: is run last in it. */
export async function sell(
  client: ClientBase,
  { id, sku }: Sold,
  last: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  await client.query('begin');
  await client.query(sale.take, [sku, 1]);
  await client.query(sale.note, [id, sku, 1]);
  await last();
  await client.query('commit');
}
