import type { Order } from '#contracts';
import { Client, type Answer } from '../../support/shop.js';
import { pause, until } from '../../support/until.js';
import { History, type Event, type Outcome } from './history.js';
import type { RegisterStep } from './linearizable.js';
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
  /** How often a turn begins with a new customer, 0 to 1; by default never. */
  registrations?: number;
  /** Between two orders a customer thinks about it for so long at most, in ms. */
  thinkMs?: number;
  /** Whether they also write names and descriptions, over and over, and read them (by default they do). */
  names?: boolean;
}

/** An order that a client knows of, with the status that it was told last. */
export interface KnownOrder {
  status: string;
  userId: string;
  key: string;
}

const passing = new Set([0, 502, 503, 504]);
const patienceMs = 40_000;
const thinkMs = 500;
/** So many products are described anew over and over, for so many turns; then others: of each there is a history that can be searched. */
const described = 3;
const describedTurns = 40;

/** What an answer says of a key; nothing, if it does not say anything. */
type Said<T> = (answer: Pick<Answer<T>, 'status' | 'body'>) => RegisterStep | undefined;

/** A request to be sent until its outcome is known. */
interface Request<T> {
  operation: string;
  subject: string;
  send: () => Promise<Answer<T>>;
  /** The key that it writes or reads, and what. */
  register?: { key: string; said: Said<T> };
}

/**
 * Customers who order, look and cancel, all at once, until they are told to stop. While the test waits for their orders they hurry;
 * meanwhile they think, so that the servers have time for what the test is about.
 */
export class Load {
  readonly history: History;
  /** The orders that clients know of, with the status that they were told last. */
  readonly orders: Map<string, KnownOrder>;
  /** Who has registered meanwhile, by e-mail. */
  readonly registered = new Map<string, string>();
  /** What contradicts what a client was told before. */
  readonly contradictions: string[] = [];
  private stopping = false;
  private hurried = 0;
  /** How many are in a turn. */
  private busy = 0;
  /** Nobody begins a turn before. */
  private opening: Promise<void> = Promise.resolve();
  private abandoned = false;
  private readonly working: Promise<void>;

  private constructor(
    private readonly options: LoadOptions,
    customers: readonly Client[],
    private readonly admin: Client,
  ) {
    this.history = new History(options.seed);
    this.orders = options.orders ?? new Map();
    this.working = Promise.all(customers.map((customer, i) => this.shop(customer, i))).then(() => undefined);
  }

  /** Everybody registers and begins. */
  static async start(options: LoadOptions): Promise<Load> {
    const customers = Array.from({ length: options.clients ?? 8 }, () => Client.register(options.url));
    return new Load(options, await Promise.all(customers), await Client.admin(options.url));
  }

  /** Resolves once so many more orders have been placed. @throws after a minute without. */
  async placed(count: number): Promise<void> {
    const goal = this.history.of('order', 'ok').length + count;
    this.hurried++;
    await until(`${count} more orders are placed`, () =>
      this.history.of('order', 'ok').length >= goal ? true : undefined,
    );
    this.hurried--;
  }

  /** Lets everyone finish what they do. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.working;
  }

  /** What these events have told counts for nothing more: it was answered without the other side. */
  doubt(isDoubtful: (event: Event) => boolean): void {
    for (const event of this.history.doubt(isDoubtful)) {
      const { operation, subject, register } = event;
      if (operation === 'register') this.registered.delete(subject);
      if (operation === 'ordered') this.orders.delete(subject);
      const known = this.orders.get(register?.key ?? '');
      if (known?.status === 'cancelled' && operation !== 'ordered') known.status = 'confirmed';
    }
  }

  /** Lets everyone go at once: what they do is of no interest any more. */
  abandon(): void {
    this.stopping = this.abandoned = true;
  }

  /** Lets everyone finish what they do, and begin nothing new until the answer is called. */
  async hold(): Promise<() => void> {
    let goOn = (): void => undefined;
    this.opening = new Promise((resolve) => (goOn = resolve));
    await until('nobody orders', () => (this.busy === 0 ? true : undefined));
    return goOn;
  }

  private async shop(customer: Client, number: number): Promise<void> {
    const random = new Random(this.options.seed * 1_000 + number);
    // Apart: what they order does not depend on how long they think.
    const pace = new Random(number);
    for (let turn = 0; !this.stopping; turn++) {
      await this.opening;
      this.busy++;
      await this.turn(customer, number, turn, random).finally(() => this.busy--);
      if (this.hurried === 0 && !this.stopping) await pause(pace.integer(this.options.thinkMs ?? thinkMs));
    }
  }

  private async turn(customer: Client, number: number, turn: number, random: Random): Promise<void> {
    if (random.next() < (this.options.registrations ?? 0)) await this.register(customer, number, turn);
    const id = await this.order(customer, number, `${number}-${turn}`, random);
    if (!id) return;
    await this.look(customer, number, id);
    if (random.next() < (this.options.cancel ?? 0.2)) await this.cancel(customer, number, id);
    if (random.next() < 0.3) await this.browse(customer, number, random.pick(this.options.skus));
    if (this.options.names ?? true) await this.name(customer, number, turn, random);
  }

  /** A new customer. One whose first answer was lost is told that the address is taken. */
  private async register(customer: Client, client: number, turn: number): Promise<void> {
    const email = `${this.options.seed}-${client}-${turn}@shop.example`;
    const body = { email, name: 'New Here', password: 'a long password' };
    const send = () => customer.send<{ id: string }>('POST', '/api/v1/users', body);
    const answer = await this.settled(client, { operation: 'register', subject: email, send });
    if (answer?.status === 201) this.registered.set(email, answer.body.id);
  }

  /** Writes what others read at the same time: the name of a customer, the description of a product. */
  private async name(customer: Client, client: number, turn: number, random: Random): Promise<void> {
    const { seed } = this.options;
    const value = `${client}-${turn}`;
    const era = Math.floor(turn / describedTurns);
    const product = `/api/v1/products/R-${seed}-${era}-${random.integer(described)}`;
    const price = { amount: 1, currency: 'GBP' };
    if (random.next() < 0.2) {
      const body = { description: value, price, onHand: 0 };
      await this.written(client, product, value, () => this.admin.send('PUT', product, body));
    }
    await this.seen<{ description: string }>(customer, client, product, ({ description }) => description);
    if (random.next() > 0.1) return;
    const self = `/api/v1/users/${customer.id}`;
    const nameOf = ({ name }: { name: string }) => name;
    await Promise.all([
      this.written(client, self, value, () => customer.send('PATCH', self, { name: value })),
      this.seen(customer, client, self, nameOf),
    ]);
    await this.seen(customer, client, self, nameOf);
  }

  private async written(
    client: number,
    path: string,
    value: string,
    send: () => Promise<Answer<unknown>>,
  ): Promise<void> {
    const register = { key: path, said: () => ({ write: value }) };
    await this.settled(client, { operation: 'write', subject: path, send, register });
  }

  private async seen<T>(
    customer: Client,
    client: number,
    path: string,
    valueOf: (body: T) => string,
  ): Promise<void> {
    const send = () => customer.send<T>('GET', path);
    const said: Said<T> = ({ status, body }) =>
      status === 200 ? { read: valueOf(body) } : status === 404 ? { read: null } : undefined;
    await this.settled(client, { operation: 'see', subject: path, send, register: { key: path, said } });
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
    const send = () => customer.order(key, items);
    const began = this.history.now();
    const answer = await this.settled<Order>(client, { operation: 'order', subject: key, send });
    if (answer?.status !== 201) return undefined;
    const { id, status } = answer.body;
    // Only now is it known which one it is.
    const register = { key: id, step: { write: status } };
    this.history.add({ ...{ client, operation: 'ordered', subject: id, began }, ...told(answer), register });
    this.orders.set(id, { status, userId: customer.id, key });
    return id;
  }

  /** Reads its own write: never behind what it was told. */
  private async look(customer: Client, client: number, id: string): Promise<void> {
    const before = this.orders.get(id)?.status;
    const send = () => customer.send<Order>('GET', `/api/v1/orders/${id}`);
    const register = { key: id, said: read };
    const answer = await this.settled(client, { operation: 'read', subject: id, send, register });
    if (answer) this.told(id, answer, before);
  }

  private async cancel(customer: Client, client: number, id: string): Promise<void> {
    const path = `/api/v1/orders/${id}/cancel`;
    const headers = { 'idempotency-key': `cancel ${id}` };
    const send = () => customer.send<Order>('POST', path, undefined, headers);
    const before = this.orders.get(id)?.status;
    const register = { key: id, said: () => ({ write: 'cancelled' }) };
    const [answer] = await Promise.all([
      this.settled(client, { operation: 'cancel', subject: id, send, register }),
      this.look(customer, client, id),
    ]);
    if (answer) this.told(id, answer, before);
    await this.look(customer, client, id);
  }

  private async browse(customer: Client, client: number, sku: string): Promise<void> {
    const send = () => customer.send('GET', `/api/v1/products/${sku}`);
    await this.settled(client, { operation: 'browse', subject: sku, send });
  }

  /** `before`: what was known when it was asked. */
  private told(id: string, { status, body }: Answer<Order>, before: string | undefined): void {
    const known = this.orders.get(id);
    if (status !== 200 || (before === 'cancelled' && body.status !== 'cancelled') || !known) {
      this.contradictions.push(`${id}: ${before}, then ${status} ${body.status ?? JSON.stringify(body)}`);
    } else if (known.status !== 'cancelled') {
      known.status = body.status;
    }
  }

  /** Sends a request again, under the same key, as long as its outcome is not known. */
  private async settled<T>(
    client: number,
    { operation, subject, send, register }: Request<T>,
  ): Promise<Answer<T> | undefined> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const began = this.history.now();
      const answer = await send().catch((error: unknown) => ({
        status: 0,
        body: { code: (error as Error).message } as T,
      }));
      if (answer.status === 503 && !(answer as Answer<T>).headers.has('retry-after'))
        this.contradictions.push(`${operation} ${subject}: 503 without Retry-After`);
      const step = register?.said(answer);
      const said = register && step && { key: register.key, step };
      this.history.add({ ...{ client, operation, subject, began }, ...told(answer), register: said });
      if (!passing.has(answer.status)) return answer as Answer<T>;
      if (this.abandoned || Date.now() > giveUpAt) return undefined;
      await pause(100);
    }
  }
}

const read: Said<Order> = ({ status, body }) => (status === 200 ? { read: body.status } : undefined);

function told({ status, body }: Pick<Answer, 'status' | 'body'>): {
  outcome: Outcome;
  status: number;
  detail: string;
} {
  const outcome = outcomeOf(status);
  return { outcome, status, detail: outcome === 'ok' ? '' : String((body as { code?: string }).code) };
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'ok';
  return status === 503 || (status >= 400 && status < 500) ? 'refused' : 'unknown';
}
