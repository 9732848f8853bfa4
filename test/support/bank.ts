import type {
  ProviderCharge,
  ProviderRefund,
  PaymentProvider,
} from '../../libs/domain/src/payments/payment-provider.js';
import { freshDatabase, type TestDatabase } from './postgres.js';

/** What happens at a moment of a call to the bank; undefined: it goes on. */
export type Moment = (() => Promise<unknown>) | undefined;

/** A payment provider with books of its own, in another database than the shop's: no rollback reaches them. */
export class Bank implements PaymentProvider {
  /** The keys of all charges that it was asked for, in order. */
  readonly asked: string[] = [];
  /** Before the money of a charge is taken, and when it is and nobody has been told. */
  arriving: Moment;
  answering: Moment;
  /** Whether a refund keeps a charge that comes later from taking anything, as it should. */
  remembers = true;

  private constructor(private readonly books: TestDatabase) {}

  static async open(): Promise<Bank> {
    const books = await freshDatabase();
    await books.query('create table entry (key text primary key, kind text not null, amount bigint)');
    return new Bank(books);
  }

  async charge({ idempotencyKey, amount }: ProviderCharge): Promise<'charged' | 'declined' | 'refunded'> {
    this.asked.push(idempotencyKey);
    await this.arriving?.();
    await this.enter(idempotencyKey, 'charge', amount.amount);
    const [entry] = await this.books.query<{ kind: string }>('select kind from entry where key = $1', [
      idempotencyKey,
    ]);
    await this.answering?.();
    return entry?.kind === 'charge' ? 'charged' : 'refunded';
  }

  async refund({ idempotencyKey, chargeKey }: ProviderRefund): Promise<'refunded'> {
    if (this.remembers) await this.enter(chargeKey, 'cancelled', 0);
    await this.books.query(
      `insert into entry select $1, 'refund', amount from entry where key = $2 and kind = 'charge' on conflict do nothing`,
      [idempotencyKey, chargeKey],
    );
    return 'refunded';
  }

  /** What moved for an order, as `charge 500`, and in all. */
  async moved(orderId: string): Promise<string[]> {
    const rows = await this.books.query<{ what: string }>(
      `select kind || ' ' || amount as what from entry where key like $1 || ':%' and amount > 0 order by kind`,
      [orderId],
    );
    return rows.map(({ what }) => what);
  }

  close(): Promise<void> {
    return this.books.drop();
  }

  private enter(key: string, kind: string, amount: number): Promise<unknown> {
    return this.books.query('insert into entry values ($1, $2, $3) on conflict do nothing', [
      key,
      kind,
      amount,
    ]);
  }
}

/** A moment that lasts until `go`; `reached` resolves when somebody is there. */
export function held() {
  let go: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (go = resolve));
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const moment = () => {
    arrive();
    return gone;
  };
  return { moment, reached, go };
}
