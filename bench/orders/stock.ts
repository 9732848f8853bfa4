import type { PutProduct } from '#contracts';
import { logIn } from '../account.js';
import { admin } from './shop.js';

const atOnce = 8;
const mostTries = 10;
const plenty = 100_000_000;

/** Puts so much of every product on the shelf that it lasts. */
export async function stock(url: string, products: readonly PutProduct[]): Promise<void> {
  const token = await logIn(url, admin);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const queue = products[Symbol.iterator]();
  const worker = async () => {
    for (const { sku, ...product } of queue) {
      const body = JSON.stringify({ ...product, onHand: plenty });
      const put = async () =>
        (await fetch(`${url}/api/v1/products/${sku}`, { method: 'PUT', headers, body })).status;
      let status = await put();
      // A busy machine; done again it changes nothing.
      for (let tries = 1; tries < mostTries && (status === 503 || status === 504); tries++)
        status = await put();
      if (status !== 200) throw new Error(`PUT product ${sku}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
