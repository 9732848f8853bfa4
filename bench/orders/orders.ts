import { Closing } from '#platform';
import { latenciesOf } from '#sample';
import { checkOut } from '../checkout.js';
import type { Metered } from '../metered.js';
import { ratios } from '../pairs.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, glance, median, type Pace } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { crowdOf, type Crowd } from './crowd.js';
import type { Customers } from './customers.js';

const local = 'all local';
const dual = 'inventory in dual-write';
const remote = 'inventory remote';
const at = (name: string, commit: string) => `${name}, at ${commit}`;

/**
 * Shops take the same orders, in turn: one process, the same with inventory sent to another one, and with it served there;
 * `before`: and the last two by the programs of another commit.
 */
export async function orders(servers: BenchServers, quick: boolean, before?: string): Promise<boolean> {
  const closing = new Closing();
  const open = (crowd: Crowd) => crowdOf(servers, crowd, closing);
  try {
    const root = before && (await checkOut(before, servers.dataDir));
    const crowds = {
      [local]: await open({ inventory: 'monolith' }),
      [dual]: await open({ inventory: 'dual-write' }),
      [remote]: await open({ inventory: 'extracted' }),
      ...(root && {
        [at(dual, before)]: await open({ inventory: 'dual-write', name: 'dual-write-before', root }),
        [at(remote, before)]: await open({ inventory: 'extracted', name: 'extracted-before', root }),
      }),
    };
    return await compare(crowds, quick ? glance : { rounds: 12, ms: 0 }, before);
  } finally {
    await closing.closeAll();
  }
}

async function compare(
  crowds: Record<string, Customers>,
  pace: Pace,
  before: string | undefined,
): Promise<boolean> {
  const names = Object.keys(crowds);
  const contenders = Object.fromEntries(names.map((name) => [name, crowds[name]!.ordering(name)]));
  const rates = await alternate(Object.values(contenders), pace);
  const figures = names.flatMap((name) => figuresOf(crowds[name]!, contenders[name]!));
  const rate = (ours: string, theirs: string) => reached(ratios(rates[ours] ?? [], rates[theirs] ?? []));
  const cpu = (ours: string, theirs: string) =>
    reached(ratios(contenders[ours]!.cpuMs, contenders[theirs]!.cpuMs));
  const against = (ours: string, theirs: string): Figure[] => [
    { figure: `CPU of an order, ${ours} against ${theirs}`, atMost: 1.05, ...cpu(ours, theirs) },
  ];
  return report('orders', rates, [
    ...figures,
    { figure: `orders per second, ${dual} against ${local}`, atLeast: 0.75, ...rate(dual, local) },
    { figure: `orders per second, ${remote} against ${local}`, ...rate(remote, local) },
    { figure: `CPU of an order, ${dual} against ${local}`, atMost: 1.55, ...cpu(dual, local) },
    { figure: `CPU of an order, ${remote} against ${local}`, ...cpu(remote, local) },
    ...(before ? [dual, remote].flatMap((name) => against(name, at(name, before))) : []),
  ]);
}

function figuresOf({ orderMs, failed }: Customers, contender: Metered): Figure[] {
  const { name, cpuMs, parts } = contender;
  const { p50, p95, p99 } = latenciesOf(orderMs);
  for (const [code, count] of Object.entries(failed))
    console.log(`${name}: ${count} orders ended as ${code}`);
  return [
    ...Object.entries({ p50, p95, p99 }).map(([percentile, ms]) => ({
      figure: `${name}: ${percentile} of an order, ms`,
      reached: ms ?? NaN,
    })),
    { figure: `${name}: CPU of an order, ms`, reached: median(cpuMs) },
    ...parts.map((part) => ({
      figure: `${name}: CPU of an order, ${part}, ms`,
      reached: median(contender.cpuMsOf(part)),
    })),
    {
      figure: `${name}: orders not placed`,
      atMost: 0,
      reached: Object.values(failed).reduce((a, b) => a + b, 0),
    },
  ];
}
