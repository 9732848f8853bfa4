import type { Order } from '#contracts';
import { Client, type Answer } from '../../support/shop.js';
import { pause, until } from '../../support/until.js';
import { History, type Outcome } from './history.js';
import { Random } from './random.js';

export interface LoadOptions {
  url: string;
  seed: number;
  clients?: number;
  skus: readonly string[];
  /** The share of orders that are cancelled afterwards, 0 to 1. */
  cancel?: number;
  /** Where to write down the orders that are known, if others order too. */
  orders?: Map<string, KnownOrder>;
}

/** An order that a client knows of, with the status that it was told last. */
export interface KnownOrder {
  status: string;
  userId: string;
  key: string;
}

const passing = new Set([0, 502, 503, 504]);
const patienceMs = 40_000;

/** Customers who order, look and cancel, all at once, until they are told to stop. */
export class Load {
  readonly history: History;
  /** The orders that clients know of, with the status that they were told last. */
  readonly orders: Map<string, KnownOrder>;
  /** What contradicts what a client was told before. */
  readonly contradictions: string[] = [];
  private stopping = false;
  private abandoned = false;
  private readonly working: Promise<void>;

  private constructor(
    private readonly options: LoadOptions,
    customers: readonly Client[],
  ) {
    this.history = new History(options.seed);
    this.orders = options.orders ?? new Map();
    this.working = Promise.all(customers.map((customer, i) => this.shop(customer, i))).then(() => undefined);
  }

  /** Everybody registers and begins. */
  static async start(options: LoadOptions): Promise<Load> {
    const customers = Array.from({ length: options.clients ?? 8 }, () => Client.register(options.url));
    return new Load(options, await Promise.all(customers));
  }

  /** Resolves once so many more orders have been placed. @throws after a minute without. */
  async placed(count: number): Promise<void> {
    const goal = this.history.of('order', 'ok').length + count;
    await until(`${count} more orders are placed`, () =>
      this.history.of('order', 'ok').length >= goal ? true : undefined,
    );
  }

  /** Lets everyone finish what they do. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.working;
  }

  /** Lets everyone go at once: what they do is of no interest any more. */
  abandon(): void {
    this.stopping = this.abandoned = true;
  }

  private async shop(customer: Client, number: number): Promise<void> {
    const random = new Random(this.options.seed * 1_000 + number);
    for (let turn = 0; !this.stopping; turn++) {
      const id = await this.order(customer, number, `${number}-${turn}`, random);
      if (!id) continue;
      await this.look(customer, number, id);
      if (random.next() < (this.options.cancel ?? 0.2)) await this.cancel(customer, number, id);
      if (random.next() < 0.3) await this.browse(customer, number, random.pick(this.options.skus));
    }
  }

  private async order(
    customer: Client,
    client: number,
    key: string,
    random: Random,
  ): Promise<string | undefined> {
    const items = Object.fromEntries(
      Array.from({ length: 1 + random.integer(3) }, () => [
        random.pick(this.options.skus),
        1 + random.integer(2),
      ]),
    );
    const answer = await this.settled<Order>(client, 'order', key, () => customer.order(key, items));
    if (answer?.status !== 201) return undefined;
    const { id, status } = answer.body;
    this.orders.set(id, { status, userId: customer.id, key });
    return id;
  }

  /** Reads its own write: never behind what it was told. */
  private async look(customer: Client, client: number, id: string): Promise<void> {
    const answer = await this.settled<Order>(client, 'read', id, () =>
      customer.send('GET', `/api/v1/orders/${id}`),
    );
    if (answer) this.told(id, answer);
  }

  private async cancel(customer: Client, client: number, id: string): Promise<void> {
    const path = `/api/v1/orders/${id}/cancel`;
    const headers = { 'idempotency-key': `cancel ${id}` };
    const cancel = () => customer.send<Order>('POST', path, undefined, headers);
    const answer = await this.settled<Order>(client, 'cancel', id, cancel);
    if (answer) this.told(id, answer);
    await this.look(customer, client, id);
  }

  private async browse(customer: Client, client: number, sku: string): Promise<void> {
    await this.settled(client, 'browse', sku, () => customer.send('GET', `/api/v1/products/${sku}`));
  }

  private told(id: string, { status, body }: Answer<Order>): void {
    const known = this.orders.get(id);
    const before = known?.status;
    if (status !== 200 || (before === 'cancelled' && body.status !== 'cancelled') || !known) {
      this.contradictions.push(`${id}: ${before}, then ${status} ${body.status ?? JSON.stringify(body)}`);
    } else {
      known.status = body.status;
    }
  }

  /** Sends a request again, under the same key, as long as its outcome is not known. */
  private async settled<T>(
    client: number,
    operation: string,
    subject: string,
    send: () => Promise<Answer<T>>,
  ): Promise<Answer<T> | undefined> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const began = this.history.now();
      const answer = await send().catch((error: unknown) => ({
        status: 0,
        body: { code: (error as Error).message } as T,
      }));
      const outcome = outcomeOf(answer.status);
      const detail = outcome === 'ok' ? '' : String((answer.body as { code?: string }).code);
      this.history.add({ client, operation, subject, began, outcome, status: answer.status, detail });
      if (!passing.has(answer.status)) return answer as Answer<T>;
      if (this.abandoned || Date.now() > giveUpAt) return undefined;
      await pause(100);
    }
  }
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'ok';
  return status === 503 || (status >= 400 && status < 500) ? 'refused' : 'unknown';
}
