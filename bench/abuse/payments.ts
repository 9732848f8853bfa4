import { randomUUID } from 'node:crypto';
import { openAccount } from '../account.js';
import { stock } from '../orders/stock.js';
import { clients, crowd } from './crowd.js';

const sku = 'SLOW';
const product = { sku, description: 'Cup', price: { amount: 255, currency: 'GBP' }, onHand: 0 };

/** A payment provider that takes its time holds the connection of each order, and the row of the one product that all want. */
export const slowPayments = crowd(`${clients} clients pay slowly`, async (url) => {
  await stock(url, [product]);
  const { token } = await openAccount(url);
  const body = { items: [{ sku, quantity: 1 }], payment: { token: 'tok_slow' } };
  return () => ({
    path: 'orders',
    body,
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() },
  });
});
