import { Closing } from '#platform';
import { readSample } from '#sample';
import { latenciesOf } from '../../apps/replay/src/percentiles.js';
import { reached, report, type Figure } from '../report.js';
import { ratios } from '../pairs.js';
import { alternate, glance, median } from '../rounds.js';
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
    const shop = await openShop(servers, inventory, closing);
    await stock(shop.url, products);
    return Customers.of(shop, invoices);
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
  const figures = Object.entries(crowds).flatMap(([name, customers]) => figuresOf(name, customers));
  const rate = (name: string) => ratios(rates[name] ?? [], rates[local] ?? []);
  const cpu = (name: string) => ratios(crowds[name]?.cpuMs ?? [], crowds[local]?.cpuMs ?? []);
  return report('orders', rates, [
    ...figures,
    { figure: `orders per second, ${dual} against ${local}`, atLeast: 0.75, ...reached(rate(dual)) },
    { figure: `orders per second, ${remote} against ${local}`, ...reached(rate(remote)) },
    { figure: `CPU of an order, ${dual} against ${local}`, atMost: 1.55, ...reached(cpu(dual)) },
    { figure: `CPU of an order, ${remote} against ${local}`, ...reached(cpu(remote)) },
  ]);
}

function figuresOf(name: string, customers: Customers): Figure[] {
  const { orderMs, cpuMs, parts, failed } = customers;
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
      reached: median(customers.cpuMsOf(part)),
    })),
    {
      figure: `${name}: orders not placed`,
      atMost: 0,
      reached: Object.values(failed).reduce((a, b) => a + b, 0),
    },
  ];
}
