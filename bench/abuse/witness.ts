import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from '../account.js';
import { admin, type BenchShop } from '../orders/shop.js';

/** What someone else saw of the shop. */
export interface Sight {
  worstReadMs: number;
  failedReads: number;
  /** Samples of `/health/ready` that were not 200. */
  notReady: number;
  /** Samples of the admin API in which some module was degraded. */
  degraded: number;
}

/** Somebody who reads a product over and over, and looks at what operators look at. */
export class Witness {
  private constructor(
    private readonly shop: BenchShop,
    private readonly authorization: string,
    private readonly sku: string,
  ) {}

  static async at(shop: BenchShop): Promise<Witness> {
    const authorization = `Bearer ${await logIn(shop.url, admin)}`;
    const sku = randomUUID().slice(0, 8).toUpperCase();
    const headers = { authorization, 'content-type': 'application/json' };
    const product = { description: 'Cup', price: { amount: 255, currency: 'GBP' }, onHand: 10 };
    const path = `${shop.url}/api/v1/products/${sku}`;
    const { ok, status } = await fetch(path, { method: 'PUT', headers, body: JSON.stringify(product) });
    if (!ok) throw new Error(`PUT ${path}: ${status}`);
    return new Witness(shop, authorization, sku);
  }

  /** Looks on for so many ms while something else goes on, which is told when to stop and waited for. */
  async during(ms: number, work: (stop: AbortSignal) => Promise<void>): Promise<Sight> {
    const stop = AbortSignal.timeout(ms);
    const sight: Sight = { worstReadMs: 0, failedReads: 0, notReady: 0, degraded: 0 };
    const watching = [
      repeat(stop, 5, () => this.read(sight)),
      repeat(stop, 100, () => this.lookIfReady(sight)),
      repeat(stop, 500, () => this.lookForDegraded(sight)),
    ];
    await Promise.all([work(stop), ...watching]);
    return sight;
  }

  private async read(sight: Sight): Promise<void> {
    const begun = performance.now();
    const status = await statusOf(`${this.shop.url}/api/v1/products/${this.sku}`);
    sight.worstReadMs = Math.max(sight.worstReadMs, performance.now() - begun);
    if (status !== 200) sight.failedReads++;
  }

  private async lookIfReady(sight: Sight): Promise<void> {
    if ((await statusOf(`${this.shop.url}/health/ready`)) !== 200) sight.notReady++;
  }

  private async lookForDegraded(sight: Sight): Promise<void> {
    const headers = { authorization: this.authorization };
    const answer = await fetch(`${this.shop.adminUrl}/modules`, { headers });
    const { items } = (await answer.json()) as { items: { degraded: unknown }[] };
    if (items.some(({ degraded }) => degraded)) sight.degraded++;
  }
}

const statusOf = async (url: string): Promise<number> => {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.status;
};

/** Again and again, with a pause of so many ms between. */
async function repeat(stop: AbortSignal, pauseMs: number, work: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    await work();
    await sleep(pauseMs);
  }
}
