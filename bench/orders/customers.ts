import { type SampleInvoice, ShopClient } from '#sample';
import { randomUUID } from 'node:crypto';
import { openAccount, type OpenAccount } from '../account.js';
import type { BenchShop } from './shop.js';
import { paced, type Pace as OrderPace } from '../gateway/pacer.js';
import { Metered } from '../metered.js';

/** How many order at the same time. */
const crowd = 16;

/** Orders of one round. */
const perRound = 96;

/** What rounds have come to, but for the first, the warm-up. */
export interface TakenRounds {
  /** For each round, how long its orders took, in ms. */
  orderMs: readonly (readonly number[])[];
  /** Orders that were not placed, by code; also those of the warm-up. */
  failed: Readonly<Record<string, number>>;
}

/** Customers who order the invoices of the sample, in their order, in one shop. */
export class Customers {
  /** Orders that were not placed, by code. */
  failed: Record<string, number> = {};
  /** For each round, how long its orders took, in ms. */
  private rounds: number[][] = [];
  private readonly client: ShopClient;
  /** Orders that were due at a pace so far. */
  private paced = 0;

  private constructor(
    readonly shop: BenchShop,
    private readonly accounts: readonly OpenAccount[],
    private readonly invoices: readonly SampleInvoice[],
  ) {
    this.client = new ShopClient(shop.url);
  }

  /** Everybody registers. */
  static async of(shop: BenchShop, invoices: readonly SampleInvoice[]): Promise<Customers> {
    const accounts = await Promise.all(Array.from({ length: crowd }, () => openAccount(shop.url)));
    return new Customers(shop, accounts, invoices);
  }

  /** A round is the next so many invoices and not a time: they differ in size, and every shop is to get the same ones. */
  ordering(name: string): Metered {
    return new Metered(name, this.shop.machines, () => this.orderNext());
  }

  /** A round is orders at that pace, whether or not they are answered in time: they take from when they were due, and those that are refused are none. */
  pacing(name: string, pace: OrderPace): Metered {
    return new Metered(name, this.shop.machines, () => this.orderAt(pace));
  }

  /** What the rounds so far have come to; those that follow are counted anew. */
  takeRounds(): TakenRounds {
    const { rounds, failed } = this;
    [this.rounds, this.failed] = [[], {}];
    return { orderMs: rounds.slice(1), failed };
  }

  /** Of all orders that were placed but for the first round, the warm-up. */
  get orderMs(): number[] {
    return this.rounds.slice(1).flat();
  }

  /** Answers how many were placed. */
  private async orderNext(): Promise<number> {
    const queue = this.roundOf(this.rounds.length)[Symbol.iterator]();
    const took: number[] = [];
    this.rounds.push(took);
    const worker = async (account: OpenAccount) => {
      for (const invoice of queue) await this.order(account, invoice, took);
    };
    await Promise.all(this.accounts.map(worker));
    return took.length;
  }

  private async orderAt(pace: OrderPace): Promise<number> {
    const { accounts, invoices } = this;
    const took: number[] = [];
    this.rounds.push(took);
    const orders: Promise<void>[] = [];
    await paced(pace, (dueAt) => {
      const account = accounts[this.paced % accounts.length] as OpenAccount;
      const invoice = invoices[this.paced++ % invoices.length] as SampleInvoice;
      orders.push(this.order(account, invoice, took, dueAt));
    });
    await Promise.all(orders);
    return took.length;
  }

  private roundOf(round: number): SampleInvoice[] {
    const { invoices } = this;
    const at = (i: number) => invoices[(round * perRound + i) % invoices.length] as SampleInvoice;
    return Array.from({ length: perRound }, (_, i) => at(i));
  }

  private async order(
    { token }: OpenAccount,
    { items }: SampleInvoice,
    took: number[],
    begun = performance.now(),
  ): Promise<void> {
    const { status, code = `http_${status}` } = await this.client.order(token, randomUUID(), items);
    if (status === 201) took.push(performance.now() - begun);
    else this.failed[code] = (this.failed[code] ?? 0) + 1;
  }
}
