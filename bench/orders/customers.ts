import type { SampleInvoice } from '#sample';
import { randomUUID } from 'node:crypto';
import { ShopClient } from '../../apps/replay/src/shop-client.js';
import { openAccount, type OpenAccount } from '../account.js';
import { cpuMs, cpuSince, forAll, total, type CpuMs } from '../cpu.js';
import type { BenchShop } from './shop.js';
import type { Contender } from '../rounds.js';

/** How many order at the same time. */
const crowd = 16;

/** Orders of one round. */
const perRound = 160;

interface Moment {
  at: number;
  cpu: CpuMs;
}

/** Customers who order the invoices of the sample, in their order, in one shop. */
export class Customers {
  /** Orders that were not placed, by code. */
  readonly failed: Record<string, number> = {};
  /** CPU of all machines round by round, by part; the first is the warm-up. */
  private readonly cpu: CpuMs[] = [];
  private rested: Moment | undefined;
  /** For each round, how long its orders took, in ms. */
  private readonly rounds: number[][] = [];
  private readonly client: ShopClient;

  private constructor(
    private readonly shop: BenchShop,
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
  ordering(name: string): Contender {
    return {
      name,
      rate: async () => {
        const begun = await this.now();
        await this.orderNext();
        const ended = await this.now();
        this.cpu.push(this.withoutRest(begun, ended));
        this.rested = ended;
        return (perRound / (ended.at - begun.at)) * 1_000;
      },
    };
  }

  private now = async (): Promise<Moment> => ({
    at: performance.now(),
    cpu: await cpuMs(this.shop.machines),
  });

  /**
   * What a shop uses at rest, while the others take orders, is not an order's: on a busy machine an order takes long, and would
   * seem to cost more.
   */
  private withoutRest(begun: Moment, ended: Moment): CpuMs {
    const used = cpuSince(begun.cpu, ended.cpu);
    if (!this.rested) return used;
    const atRest = cpuSince(this.rested.cpu, begun.cpu);
    const share = (ended.at - begun.at) / (begun.at - this.rested.at);
    return Object.fromEntries(
      Object.entries(used).map(([part, ms]) => [
        part,
        part === forAll ? ms : ms - (atRest[part] ?? 0) * share,
      ]),
    );
  }

  /** CPU of all machines for an order, in ms, a figure for each round but the warm-up. */
  get cpuMs(): number[] {
    return this.cpu.slice(1).map((each) => total(each) / perRound);
  }

  /** Of one of them. */
  cpuMsOf(part: string): number[] {
    return this.cpu.slice(1).map((each) => (each[part] ?? 0) / perRound);
  }

  /** What they are called. */
  get parts(): string[] {
    return Object.keys(this.cpu[0] ?? {});
  }

  /** Of all orders that were placed but for the first round, the warm-up. */
  get orderMs(): number[] {
    return this.rounds.slice(1).flat();
  }

  private async orderNext(): Promise<void> {
    const queue = this.roundOf(this.rounds.length)[Symbol.iterator]();
    const took: number[] = [];
    this.rounds.push(took);
    const worker = async (account: OpenAccount) => {
      for (const invoice of queue) await this.order(account, invoice, took);
    };
    await Promise.all(this.accounts.map(worker));
  }

  private roundOf(round: number): SampleInvoice[] {
    const { invoices } = this;
    const at = (i: number) => invoices[(round * perRound + i) % invoices.length] as SampleInvoice;
    return Array.from({ length: perRound }, (_, i) => at(i));
  }

  private async order({ token }: OpenAccount, { items }: SampleInvoice, took: number[]): Promise<void> {
    const begun = performance.now();
    const { status, code = `http_${status}` } = await this.client.order(token, randomUUID(), items);
    if (status === 201) took.push(performance.now() - begun);
    else this.failed[code] = (this.failed[code] ?? 0) + 1;
  }
}
