import { Closing } from '#platform';
import { Logger } from '@nestjs/common';
import { SideAgent } from '#strangler/sides/agent';
import { drained, openWays, requireSame, startSending, type Ways } from '../depot/captured.js';
import { depot, makeDepot } from '../depot/depot.js';
import { report, type Figure } from '../report.js';
import { alternate, glance, ratio } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { Lag } from './lag.js';
import { sellingIn, sellingInBoth, sellingOverNats, untilStored } from './selling.js';

const name = {
  plain: 'plain',
  captured: 'captured, and stored on the other side',
  overNats: 'written here, then there by a message',
  inBoth: 'written here, then in the other database',
};

/** What a write costs whose rows the relay takes to another process, against none of it and against writing twice; and how soon they are there. */
export async function capture(servers: BenchServers, quick: boolean): Promise<boolean> {
  Logger.overrideLogger(['error', 'warn']);
  const closing = new Closing();
  try {
    const plain = await makeDepot(servers, 'bench_capture_plain', { full: true });
    const twice = await makeDepot(servers, 'bench_capture_twice', { full: true });
    const other = await makeDepot(servers, 'bench_capture_twice_other', { full: true });
    const ways = await openWays(servers, 'bench_capture', closing, other);
    const agent = await capturing(ways, closing);
    const contenders = [
      await sellingIn(name.plain, plain, closing),
      untilStored(await sellingIn(name.captured, ways.here, closing), () => drained(ways)),
      await sellingOverNats(name.overNats, twice, ways, closing),
      await sellingInBoth(name.inBoth, twice, other, closing),
    ];
    const rates = await alternate(contenders, quick ? glance : { rounds: 12, ms: 2_000 });
    const lags = [200, 800].map((rate) => new Lag(rate, ways, agent.deliveries, closing));
    const paced = await alternate(lags, quick ? glance : { rounds: 7, ms: 5_000 });
    await requireSame(ways);
    const against = (peer: string, atLeast: number): Figure => ({
      figure: `captured against ${peer}`,
      reached: ratio(rates, name.captured, peer),
      atLeast,
    });
    const { atLeast: _, ...inBoth } = against(name.inBoth, 0);
    const figures = [against(name.plain, 0.5), against(name.overNats, 1.5), inBoth];
    return await report('capture', { ...rates, ...paced }, [
      ...figures,
      ...lags.flatMap((lag) => lag.figures()),
    ]);
  } finally {
    await closing.closeAll();
  }
}

/** The side that writes, with its relay. */
async function capturing(ways: Ways, closing: Closing): Promise<SideAgent> {
  const { from: database, link } = ways;
  const agent = new SideAgent({ database, module: depot, side: 'monolith', link });
  await agent.start();
  closing.add(() => agent.stop());
  await startSending(ways, agent);
  return agent;
}
