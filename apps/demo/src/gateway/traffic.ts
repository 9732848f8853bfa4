import { setMaxListeners } from 'node:events';
import { Pace, sleepUnless } from '#sample';
import { Customer } from './customer.js';
import type { Ledger } from './ledger.js';
import { visitOf } from './visits.js';

/** So many that one in ten is a handful. */
const customers = 100;

/** Customers who come at a steady rate. Each has one request on its way at most. */
export class Traffic {
  private readonly enough = new AbortController();
  private readonly pace: Pace;
  private number = 0;
  private work: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly customers: readonly Customer[],
    rate: number,
    private readonly ledger: Ledger,
  ) {
    setMaxListeners(0, this.enough.signal);
    this.pace = new Pace(rate);
  }

  /** Signs customers up. @param rate requests a second */
  static async at(url: string, rate: number, ledger: Ledger): Promise<Traffic> {
    const names = Array.from({ length: customers }, (_, i) => `customer-${i + 1}`);
    const all: Customer[] = [];
    for (const name of names) all.push(await Customer.signUp(url, name));
    return new Traffic(all, rate, ledger);
  }

  start(): void {
    this.work = Promise.all(this.customers.map((customer) => this.send(customer)));
  }

  /** Begins nothing more; resolves when everything on its way has its answer. */
  async end(): Promise<void> {
    this.enough.abort();
    await this.work;
  }

  private async send(customer: Customer): Promise<void> {
    while (await sleepUnless(this.enough.signal, this.pace.take(performance.now()))) {
      const visit = visitOf(this.number++);
      this.ledger.note(visit, await customer.visit(visit));
    }
  }
}
