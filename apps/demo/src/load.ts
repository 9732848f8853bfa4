import {
  Courier,
  Pace,
  replay,
  type SampleInvoice,
  Sessions,
  type ShopClient,
  sleepUnless,
  Tally,
} from '#sample';
import { setMaxListeners } from 'node:events';
import { RecordingClient, type OrderBook } from './order-book.js';

/** Orders, and reads, on their way at once. */
const concurrency = 16;
const readsPerOrder = 4;
/** One read in so many is a page of the catalogue. */
const pageEvery = 10;
const patienceMs = 30_000;

/** What the load is made of. */
export interface LoadSource {
  client: Pick<ShopClient, 'logIn' | 'order' | 'read'>;
  invoices: readonly SampleInvoice[];
  skus: readonly string[];
  /** The password of the sample customers. */
  password: string;
  /** Orders a second. */
  rate: number;
}

/** Customers at a steady rate: they order what the sample's customers did, look their orders up, and browse. */
export class Load {
  private readonly tally = new Tally();
  private reads = 0;
  private looks = 0;
  private readonly enough = new AbortController();
  private readonly abandoned = new AbortController();
  private readonly client: RecordingClient;
  private readonly readPace: Pace;
  private work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: LoadSource,
    private readonly book: OrderBook,
  ) {
    // Everyone who waits listens to them: no leak.
    setMaxListeners(0, this.enough.signal, this.abandoned.signal);
    this.client = new RecordingClient(source.client, book);
    this.readPace = new Pace(source.rate * readsPerOrder);
  }

  start(): void {
    this.work = Promise.all([this.order(), ...Array.from({ length: concurrency }, () => this.browse())]);
  }

  /** From an order's first request to its final answer, ms, in the order of their ends. */
  get orderMs(): readonly number[] {
    return this.tally.orderMs;
  }

  /** Orders that have ended, by how; and reads. */
  get figures(): { sent: number; outcomes: Record<string, number>; reads: number } {
    const { done, declared, failed, unfinished } = this.tally;
    return { sent: done, outcomes: { ...declared, ...failed, unfinished }, reads: this.reads };
  }

  /** Begins nothing more; resolves when everything on its way has its answer. */
  async end(): Promise<void> {
    this.enough.abort();
    await this.work;
  }

  /** As `end`, but gives up orders that wait to be tried again: the shop is being closed, or gone. */
  async abandon(): Promise<void> {
    this.abandoned.abort();
    await this.end();
  }

  private order(): Promise<void> {
    const { password, invoices, rate } = this.source;
    const stop = this.enough.signal;
    const sessions = new Sessions(this.client, password, (answer) => this.tally.answered(answer));
    // What waits to be tried again when the load ends is brought to its end: its customer would do the same.
    const courier = new Courier(this.client, sessions, this.tally, {
      run: 'demo',
      patienceMs,
      stop: this.abandoned.signal,
    });
    return replay(againAndAgain(invoices), courier, this.tally, { rate, concurrency, stop });
  }

  private async browse(): Promise<void> {
    const turn = () => sleepUnless(this.enough.signal, this.readPace.take(performance.now()));
    while (await turn()) await this.readNext();
  }

  /** An order just placed comes first: whoever has its answer must find it, and its payment. */
  private async readNext(): Promise<void> {
    const receipt = this.book.receipts.shift();
    if (!receipt) return this.look();
    const path = `/orders/${receipt.id}`;
    await this.read('order looked up', path, receipt.token);
    await this.read('payment looked up', `${path}/payment`, receipt.token);
  }

  private async look(): Promise<void> {
    const { skus } = this.source;
    const number = this.looks++;
    if (number % pageEvery === 0) return this.read('catalogue', '/products?limit=20');
    // A step that has no divisor in common with most lengths comes by all products, in no order.
    const sku = skus[(number * 7_919) % skus.length] ?? '';
    return this.read('product', `/products/${encodeURIComponent(sku)}`);
  }

  private async read(what: string, path: string, token?: string): Promise<void> {
    this.reads++;
    await this.client.read(what, path, token);
  }
}

/** The sample's month, over and over; each time under other keys. */
export function* againAndAgain(invoices: readonly SampleInvoice[]): Generator<SampleInvoice> {
  for (let round = 1; ; round++) {
    for (const invoice of invoices) yield { ...invoice, invoice: `${round}-${invoice.invoice}` };
  }
}
