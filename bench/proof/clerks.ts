import { randomUUID } from 'node:crypto';
import { logIn } from '../account.js';
import { Metered } from '../metered.js';
import { admin, type BenchShop } from '../orders/shop.js';

/** How many work at the same time, and what they do in a round. */
const atOnce = 16;
const perRound = 160;
const shelves = 100;

/** Who puts products on the shelf, one command each, in one shop. */
export async function clerks(name: string, { url, machines }: BenchShop): Promise<Metered> {
  const token = await logIn(url, admin);
  const put = async (n: number) => {
    const { status } = await fetch(`${url}/api/v1/products/SHELF-${n % shelves}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify({
        description: 'a thing',
        price: { amount: 250, currency: 'GBP' },
        onHand: 1_000 + n,
      }),
    });
    if (status !== 200) throw new Error(`PUT product: ${status}`);
  };
  return new Metered(name, machines, async () => {
    const queue = Array.from({ length: perRound }, (_, n) => n)[Symbol.iterator]();
    const worker = async () => {
      for (const n of queue) await put(n);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return perRound;
  });
}
