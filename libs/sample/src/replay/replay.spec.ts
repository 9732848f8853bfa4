import type { SampleInvoice } from '../file/sample.js';
import type { Parcel } from './courier.js';
import type { Outcome } from './outcome.js';
import { replay } from './replay.js';
import { Tally } from './tally.js';

const invoices = Array.from({ length: 20 }, (_, i): SampleInvoice => ({
  invoice: String(i),
  user: { id: '', email: 'a@sample.example', name: '', country: null },
  items: [{ sku: 'A1', quantity: 1 }],
}));
const all = invoices.map(({ invoice }) => invoice);

describe('the replay', () => {
  let begun: string[];
  let now: number;
  let most: number;
  let tally: Tally;
  let stop: AbortController;

  beforeEach(() => {
    [begun, now, most] = [[], 0, 0];
    tally = new Tally();
    stop = new AbortController();
  });

  const courier = (during: (invoice: string) => void = () => undefined) => ({
    deliver: async ({ invoice }: Parcel): Promise<Outcome> => {
      begun.push(invoice);
      most = Math.max(most, ++now);
      for (let i = 0; i < 3; i++) await new Promise(setImmediate);
      during(invoice);
      now--;
      return 'placed';
    },
  });

  const tempo = (change = {}) => ({ rate: Infinity, concurrency: 4, stop: stop.signal, ...change });

  it('begins every invoice once, in their order, and no more at a time than it may', async () => {
    await replay(invoices, courier(), tally, tempo());
    expect(begun).toEqual(all);
    expect(most).toBe(4);
    expect(tally.declared.placed).toBe(20);
  });

  it('sends one after the other if told so', async () => {
    await replay(invoices, courier(), tally, tempo({ concurrency: 1 }));
    expect(most).toBe(1);
  });

  it('keeps the order at a limited rate too', async () => {
    await replay(invoices, courier(), tally, tempo({ rate: 500 }));
    expect(begun).toEqual(all);
  });

  it('ends what it has begun when it is stopped, and begins nothing more', async () => {
    const stopAtTen = (invoice: string) => {
      if (invoice === '9') stop.abort();
    };
    await replay(invoices, courier(stopAtTen), tally, tempo());
    expect(begun.length).toBeLessThan(20);
    expect(tally.done).toBe(begun.length);
  });

  it('does not wait for its next turn when it is stopped', async () => {
    const slow = replay(
      invoices,
      courier(() => stop.abort()),
      tally,
      tempo({ rate: 0.001 }),
    );
    await slow;
    expect(begun).toEqual(['0']);
    expect(tally.done).toBe(1);
  });

  it('has nothing to do without invoices', async () => {
    await replay([], courier(), tally, tempo());
    expect(tally.done).toBe(0);
  });
});
