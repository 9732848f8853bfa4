import { Closing } from '#platform';
import { setTimeout as sleep } from 'node:timers/promises';
import { openShop, type BenchShop } from '../orders/shop.js';
import { report, type Figure } from '../report.js';
import type { BenchServers } from '../servers.js';
import type { Abuse, Deed } from './deed.js';
import { megabytes } from './megabytes.js';
import { guesses, passwords } from './passwords.js';
import { slowPayments } from './payments.js';
import { Witness } from './witness.js';

/** A line for each abuse; what it does to others is measured alike for all. */
const abuses: readonly Abuse[] = [...passwords, slowPayments, ...megabytes, guesses];

/** The goal for the worst read of another client, in ms. */
const mostMs = 1_000;

const mostAnswered = 16_384;

/** Abuses a shop with a module in dual-write in one way after the other, while another client reads a product. */
export async function abuse(servers: BenchServers, quick: boolean): Promise<boolean> {
  const closing = new Closing();
  const ms = quick ? 2_000 : 15_000;
  try {
    const shop = await openShop(servers, 'dual-write', closing);
    const witness = await Witness.at(shop);
    const quiet = await witness.during(ms, () => Promise.resolve());
    const figures: Figure[] = [{ figure: 'undisturbed: worst product read, ms', reached: quiet.worstReadMs }];
    for (const { name, attack } of abuses) {
      let deed: Deed = { requests: 0, largestAnswer: 0 };
      const seen = await witness.during(ms, async (stop) => void (deed = await attack(shop, stop)));
      figures.push(
        { figure: `${name}: requests answered`, atLeast: 1, reached: deed.requests },
        { figure: `${name}: largest answer, bytes`, atMost: mostAnswered, reached: deed.largestAnswer },
        { figure: `${name}: worst product read, ms`, atMost: mostMs, reached: seen.worstReadMs },
        { figure: `${name}: reads that failed`, atMost: 0, reached: seen.failedReads },
        { figure: `${name}: times that /health/ready was not 200`, atMost: 0, reached: seen.notReady },
        { figure: `${name}: times that a module was degraded`, atMost: 0, reached: seen.degraded },
      );
      // One is not to pay for the other.
      await sleep(1_000);
    }
    figures.push({ figure: 'most password hashes at a time', atMost: 2, reached: await mostHashes(shop) });
    return await report('abuse', {}, figures);
  } finally {
    await closing.closeAll();
  }
}

/** Since the shop began. */
async function mostHashes({ adminUrl }: BenchShop): Promise<number> {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^strangler_admission_most_running\{.*work="password hashes".*\} (\d+)/m.exec(metrics)?.[1]);
}
