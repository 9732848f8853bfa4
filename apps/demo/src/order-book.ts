import type { Answer, Item, ShopClient } from '#sample';

/** An order that its customer holds an answer for. */
export interface Receipt {
  id: string;
  token: string;
}

/** What the customers know: which orders they were promised, when, and what went wrong. */
export class OrderBook {
  /** Order id by Idempotency-Key. */
  readonly promised = new Map<string, string>();
  /** When an order was promised, ms, rising. */
  readonly promisedAt: number[] = [];
  /** Keys that were answered with two different orders. */
  readonly twice = new Set<string>();
  /** What callers had to see, by code: anything but the answer that they asked for. Repetitions may have set it right. */
  readonly errors: Record<string, number> = {};
  /** Promised and not looked at yet. */
  readonly receipts: Receipt[] = [];

  get errorCount(): number {
    return Object.values(this.errors).reduce((total, count) => total + count, 0);
  }

  /** An order has been answered. */
  ordered(token: string, key: string, answer: Answer, at: number): void {
    const { id } = answer.body;
    // An expired token is the customer's affair: the courier renews it.
    if (answer.status === 401) return;
    if (!isGood(answer) || typeof id !== 'string') return this.wentWrong('order', answer);
    const before = this.promised.get(key);
    if (before !== undefined && before !== id) this.twice.add(key);
    this.promised.set(key, id);
    this.promisedAt.push(at);
    this.receipts.push({ id, token });
  }

  /** Something else has been answered. */
  answered(what: string, answer: Answer): void {
    if (!isGood(answer)) this.wentWrong(what, answer);
  }

  private wentWrong(what: string, { status, code }: Answer): void {
    const name = `${what}: ${code ?? `http_${status}`}`;
    this.errors[name] = (this.errors[name] ?? 0) + 1;
  }
}

const isGood = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** A client of the shop that writes down what it was answered. */
export class RecordingClient {
  constructor(
    private readonly client: Pick<ShopClient, 'logIn' | 'order' | 'read'>,
    private readonly book: OrderBook,
  ) {}

  async logIn(email: string, password: string): Promise<Answer> {
    const answer = await this.client.logIn(email, password);
    this.book.answered('login', answer);
    return answer;
  }

  async order(token: string, key: string, items: readonly Item[]): Promise<Answer> {
    const answer = await this.client.order(token, key, items);
    this.book.ordered(token, key, answer, performance.now());
    return answer;
  }

  async read(what: string, path: string, token?: string): Promise<Answer> {
    const answer = await this.client.read(path, token);
    this.book.answered(what, answer);
    return answer;
  }
}
