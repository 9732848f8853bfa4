import { Closing } from '#platform';
import { readSample } from '#sample';
import { latenciesOf } from '../../apps/replay/src/percentiles.js';
import { report, type Figure } from '../report.js';
import { alternate, glance, median, ratio } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { Customers } from './customers.js';
import { openShop, type Inventory } from './shop.js';
import { stock } from './stock.js';

const local = 'all local';
const dual = 'inventory in dual-write';
const remote = 'inventory remote';

/** Shops take the same orders, in turn: one process, the same with inventory sent to another one, and with it served there. */
export async function orders(servers: BenchServers, quick: boolean): Promise<boolean> {
  const { invoices, products } = await readSample();
  const closing = new Closing();
  const enter = async (inventory: Inventory) => {
    const { url } = await openShop(servers, inventory, closing);
    await stock(url, products);
    return Customers.of(url, invoices);
  };
  try {
    const crowds = {
      [local]: await enter('monolith'),
      [dual]: await enter('dual-write'),
      [remote]: await enter('extracted'),
    };
    return await compare(crowds, quick);
  } finally {
    await closing.closeAll();
  }
}

async function compare(crowds: Record<string, Customers>, quick: boolean): Promise<boolean> {
  const contenders = Object.entries(crowds).map(([name, customers]) => customers.ordering(name));
  const rates = await alternate(contenders, quick ? glance : { rounds: 20, ms: 0 });
  const cpu = Object.fromEntries(Object.entries(crowds).map(([name, { cpuMs }]) => [name, cpuMs.slice(1)]));
  const figures = Object.entries(crowds).flatMap(([name, customers]) => figuresOf(name, customers));
  return report('orders', rates, [
    ...figures,
    {
      figure: `orders per second, ${dual} against ${local}`,
      atLeast: 0.75,
      reached: ratio(rates, dual, local),
    },
    { figure: `orders per second, ${remote} against ${local}`, reached: ratio(rates, remote, local) },
    { figure: `CPU of an order, ${dual} against ${local}`, atMost: 1.55, reached: ratio(cpu, dual, local) },
    { figure: `CPU of an order, ${remote} against ${local}`, reached: ratio(cpu, remote, local) },
  ]);
}

function figuresOf(name: string, { orderMs, cpuMs, failed }: Customers): Figure[] {
  const { p50, p95, p99 } = latenciesOf(orderMs);
  for (const [code, count] of Object.entries(failed))
    console.log(`${name}: ${count} orders ended as ${code}`);
  return [
    ...Object.entries({ p50, p95, p99 }).map(([percentile, ms]) => ({
      figure: `${name}: ${percentile} of an order, ms`,
      reached: ms ?? NaN,
    })),
    { figure: `${name}: CPU of an order, ms`, reached: median(cpuMs.slice(1)) },
    {
      figure: `${name}: orders not placed`,
      atMost: 0,
      reached: Object.values(failed).reduce((a, b) => a + b, 0),
    },
  ];
}
