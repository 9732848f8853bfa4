import { Closing } from '#platform';
import type { Metered } from '../metered.js';
import { crowdOf } from '../orders/crowd.js';
import { ratios } from '../pairs.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, glance, median, type Rates } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { clerks } from './clerks.js';
import { withoutProof } from './without.js';

/**
 * What it costs that a database proves itself, of all machines: two shops with inventory in dual-write, in one of which nobody
 * asks for the proof.
 */
export async function proof(servers: BenchServers, quick: boolean): Promise<boolean> {
  const closing = new Closing();
  const open = (name: string) => crowdOf(servers, { inventory: 'dual-write', name }, closing);
  try {
    const proving = await open('proving');
    const without = await open('without-proof');
    await withoutProof(without.shop.databases.monolith);
    await withoutProof(without.shop.databases.inventory);
    const rates: Rates = {};
    const costOf = async (unit: string, ours: Metered, theirs: Metered): Promise<Figure[]> => {
      Object.assign(rates, await alternate([ours, theirs], quick ? glance : { rounds: 12, ms: 0 }));
      return [
        ...[ours, theirs].map(({ name, cpuMs }) => ({ figure: `${name}: CPU, ms`, reached: median(cpuMs) })),
        {
          figure: `CPU of ${unit}, with proof against without`,
          atMost: 1.05,
          ...reached(ratios(ours.cpuMs, theirs.cpuMs)),
        },
      ];
    };
    const figures = [
      ...(await costOf(
        'a command',
        await clerks('commands', proving.shop),
        await clerks('commands without proof', without.shop),
      )),
      ...(await costOf('an order', proving.ordering('orders'), without.ordering('orders without proof'))),
    ];
    return await report('proof', rates, figures);
  } finally {
    await closing.closeAll();
  }
}
