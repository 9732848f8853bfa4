import type { Closing } from '#platform';
import pg from 'pg';
import { saleSubject } from '../depot/far.js';
import type { Ways } from '../depot/captured.js';
import { anySale, sell } from '../depot/sell.js';
import { inLanes, type Contender } from '../rounds.js';

/** How many write at the same time. */
const clients = 16;

/** Transactions in one database. */
export async function sellingIn(name: string, url: string, closing: Closing): Promise<Contender> {
  const here = await connections(url, closing);
  return inLanes(name, clients, (lane) => sell(here[lane]!, anySale()));
}

/** The same with all rows on the other side at the end: nobody is faster by leaving work behind. */
export const untilStored = (contender: Contender, stored: () => Promise<void>): Contender => ({
  ...contender,
  rate: async (ms) => {
    const begun = performance.now();
    const rate = await contender.rate(ms);
    const worked = performance.now() - begun;
    await stored();
    return (rate * worked) / (performance.now() - begun);
  },
});

/** What an application does without a toolkit: commits here, asks the other service to do the same, answers. */
export async function sellingOverNats(
  name: string,
  url: string,
  ways: Ways,
  closing: Closing,
): Promise<Contender> {
  const here = await connections(url, closing);
  return inLanes(name, clients, async (lane) => {
    const sold = anySale();
    await sell(here[lane]!, sold);
    await ways.link.current!.request(saleSubject, JSON.stringify(sold), { timeout: 5_000 });
  });
}

/** The same without the other service: the application writes its database. */
export async function sellingInBoth(
  name: string,
  url: string,
  other: string,
  closing: Closing,
): Promise<Contender> {
  const [here, there] = [await connections(url, closing), await connections(other, closing)];
  return inLanes(name, clients, async (lane) => {
    const sold = anySale();
    await sell(here[lane]!, sold);
    await sell(there[lane]!, sold);
  });
}

async function connections(url: string, closing: Closing): Promise<pg.Client[]> {
  const all = Array.from({ length: clients }, () => new pg.Client({ connectionString: url }));
  await Promise.all(all.map((client) => client.connect()));
  closing.add(() => Promise.all(all.map((client) => client.end())));
  return all;
}
