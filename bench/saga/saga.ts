import { Closing } from '#platform';
import { latenciesOf } from '#sample';
import { crowdOf } from '../orders/crowd.js';
import type { TakenRounds } from '../orders/customers.js';
import { ratios } from '../pairs.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, median, type Rates } from '../rounds.js';
import type { BenchServers } from '../servers.js';

const together = 'one process, one transaction';
const apart = 'all modules remote, a saga';
/** Paces that two cores carry, with all modules remote and in one process, and the one that is asked for. */
const paces = [5, 20, 100] as const;
/** Of the last one, with all modules remote, in ms. */
const goals = { p50: 15, p99: 60 };
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
    const figures: Figure[] = [];
    const rates: Rates = {};
    for (const perSecond of paces) {
      const pace = { perSecond, ms: quick ? 1_000 : 10_000 };
      const at = (name: string) => `${name}, at ${perSecond}/s`;
      const local = crowds[together].pacing(at(together), pace);
      const remote = crowds[apart].pacing(at(apart), pace);
      Object.assign(rates, await alternate([local, remote], { rounds: quick ? 2 : 6, ms: 0 }));
      const isAsked = !quick && perSecond === paces.at(-1);
      figures.push(
        ...figuresOf(at(together), crowds[together].takeRounds(), {}),
        ...figuresOf(at(apart), crowds[apart].takeRounds(), isAsked ? goals : {}),
        { figure: `CPU of an order, ${local.name}, ms`, reached: median(local.cpuMs) },
        { figure: `CPU of an order, ${remote.name}, ms`, reached: median(remote.cpuMs) },
        {
          figure: `CPU of an order, ${remote.name}, against ${together}`,
          ...reached(ratios(remote.cpuMs, local.cpuMs)),
        },
      );
    }
    return await report('saga', rates, figures);
  } finally {
    await closing.closeAll();
  }
}

/** Medians of the rounds' percentiles. */
function figuresOf(
  name: string,
  { orderMs, failed }: TakenRounds,
  goals: { p50?: number; p99?: number },
): Figure[] {
  for (const [code, count] of Object.entries(failed))
    console.log(`${name}: ${count} orders ended as ${code}`);
  const rounds = orderMs.map((each) => latenciesOf([...each]));
  const of = (percentile: 'p50' | 'p99'): Figure => ({
    figure: `${percentile} of an order, ${name}, ms`,
    reached: median(rounds.map((each) => each[percentile] ?? NaN)),
    ...(goals[percentile] !== undefined && { atMost: goals[percentile] }),
  });
  const lost = Object.values(failed).reduce((a, b) => a + b, 0);
  return [of('p50'), of('p99'), { figure: `orders not placed, ${name}`, reached: lost, atMost: 0 }];
}
