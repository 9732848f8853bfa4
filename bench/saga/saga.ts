import { Closing } from '#platform';
import { latenciesOf } from '#sample';
import { crowdOf } from '../orders/crowd.js';
import type { Customers } from '../orders/customers.js';
import { ratios } from '../pairs.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, median } from '../rounds.js';
import type { BenchServers } from '../servers.js';

const together = 'one process, one transaction';
const apart = 'all modules remote, a saga';
const perSecond = 100;
/** Of an order: the invoices of the sample are those of a wholesaler, with twenty and more. */
const lines = 2;

/** How long an order takes at a steady pace when each module is a process of its own, beside the same in one transaction. */
export async function saga(servers: BenchServers, quick: boolean): Promise<boolean> {
  const closing = new Closing();
  try {
    const others = ['users', 'orders', 'payments', 'notifications'] as const;
    const crowds = {
      [together]: await crowdOf(servers, { inventory: 'monolith', name: 'together', lines }, closing),
      [apart]: await crowdOf(servers, { inventory: 'extracted', name: 'apart', others, lines }, closing),
    };
    const pace = { perSecond, ms: quick ? 1_000 : 10_000 };
    const local = crowds[together].pacing(together, pace);
    const remote = crowds[apart].pacing(apart, pace);
    const rates = await alternate([local, remote], { rounds: quick ? 2 : 6, ms: 0 });
    return await report('saga', rates, [
      ...figuresOf(together, crowds[together], {}),
      ...figuresOf(apart, crowds[apart], quick ? {} : { p50: 15, p99: 60 }),
      { figure: `CPU of an order, ${together}, ms`, reached: median(local.cpuMs) },
      { figure: `CPU of an order, ${apart}, ms`, reached: median(remote.cpuMs) },
      {
        figure: `CPU of an order, ${apart} against ${together}`,
        ...reached(ratios(remote.cpuMs, local.cpuMs)),
      },
    ]);
  } finally {
    await closing.closeAll();
  }
}

/** Medians of the rounds' percentiles. */
function figuresOf(
  name: string,
  { orderMsOfRounds, failed }: Customers,
  goals: { p50?: number; p99?: number },
): Figure[] {
  for (const [code, count] of Object.entries(failed))
    console.log(`${name}: ${count} orders ended as ${code}`);
  const rounds = orderMsOfRounds.map((each) => latenciesOf([...each]));
  const of = (percentile: 'p50' | 'p99'): Figure => ({
    figure: `${name}: ${percentile} of an order at ${perSecond}/s, ms`,
    reached: median(rounds.map((each) => each[percentile] ?? NaN)),
    ...(goals[percentile] !== undefined && { atMost: goals[percentile] }),
  });
  return [
    of('p50'),
    of('p99'),
    {
      figure: `${name}: orders not placed`,
      reached: Object.values(failed).reduce((a, b) => a + b, 0),
      atMost: 0,
    },
  ];
}
