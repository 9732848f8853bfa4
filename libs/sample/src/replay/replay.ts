import type { SampleInvoice } from '../file/sample.js';
import type { Courier } from './courier.js';
import { Pace } from './pace.js';
import { sleepUnless } from './stop.js';
import type { Tally } from './tally.js';

export interface Tempo {
  rate: number;
  concurrency: number;
  stop: AbortSignal;
}

/** Sends the invoices in their order, so many at once, so many a second. When stopped it ends what it has begun. */
export async function replay(
  invoices: Iterable<SampleInvoice>,
  courier: Pick<Courier, 'deliver'>,
  tally: Tally,
  { rate, concurrency, stop }: Tempo,
): Promise<void> {
  const pace = new Pace(rate);
  const iterator = invoices[Symbol.iterator]();
  const queue: Iterable<SampleInvoice> = { [Symbol.iterator]: () => iterator };
  const worker = async () => {
    // Workers share the iterator, so the next free one takes the next invoice.
    for (const { invoice, user, items } of queue) {
      if (stop.aborted || !(await sleepUnless(stop, pace.take(performance.now())))) return;
      const outcome = await courier.deliver({ invoice, email: user.email, items });
      tally.ended(invoice, outcome, performance.now());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
